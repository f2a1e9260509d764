using Akka.Actor;
using Signaling.Actors.Mailboxes;
using Signaling.Actors.Messages;
using Signaling.Actors.Protocol;
using Signaling.Cluster.Links;
using static Signaling.Actors.Messages.MailboxProtocol;

namespace Signaling.Cluster.Mailboxes;

/// <summary>Where one peer's mailbox is reached from this node: here, on another node, or not known yet.</summary>
/// <remarks>
/// Messages for a mailbox that is elsewhere are kept here until it answers, and go again, in order, to where it is then. Each finding of the mailbox is an attempt. Within one, each message
/// names the one before; the other end takes no message whose predecessor it has not, and says so (<see cref="NodeLink.NotHere"/>), and then there is another attempt.
/// What a mailbox has of an attempt before it knows by its number. So a mailbox takes each message once and in order, as long as it lives.
/// A mailbox that has come here, while its last node may still have answers under way, is here and there, until that says <see cref="NodeLink.NotHere"/>: so long messages wait.
/// </remarks>
internal sealed class ClusterAddress(PeerId peer, ClusterMailboxes mailboxes) : MailboxAddress(peer)
{
    private IActorRef? _here;
    private bool _isHeld;
    private NodeLink? _there;
    private long _attempt;
    private long _lastNumber;                                       // in this attempt
    private volatile bool _isSought;
    private bool _isGone;
    private bool _isReserved;
    private int _lastUsed;
    private Queue<(IMailboxCommand Command, IActorRef Sender)>? _waiting;
    private UnansweredMessages? _unanswered;
    private List<Stream>? _streams;                                 // into the mailbox here

    /// <summary>Somebody waits until the mailbox is found.</summary>
    public bool IsSought => _isSought;

    /// <summary>A mailbox is about to start here: this stays its address.</summary>
    /// <returns>False where this address is no longer used: ask for it anew.</returns>
    public bool TryReserve()
    {
        lock (this)
        {
            _isReserved = true;
            return !_isGone;
        }
    }

    /// <returns>False where this address is no longer used: ask for it anew.</returns>
    public bool TryTell(IMailboxCommand command, IActorRef sender)
    {
        lock (this)                                                 // one of many: it has no object for this alone
        {
            if (_isGone) return false;
            _lastUsed = mailboxes.Now;
            if (_here is not null && !_isHeld && (_there is null || command is not Actors.Messages.MailboxProtocol.Deliver)) _here.Tell(command, sender);
            else if (_here is null && _there is not null && _waiting is null) Send(command, sender);
            else Wait(command, sender);
            return true;
        }
    }

    /// <summary>The mailbox runs here.</summary>
    public override void LeadTo(IActorRef mailbox)
    {
        lock (this)
        {
            if (!mailbox.Equals(_here)) _streams = null;
            (_here, _isHeld, _isSought, _isReserved) = (mailbox, false, false, false);
            foreach (var stream in _streams ?? []) stream.GoOn(mailbox, Peer);
            TellWhatWaits();
        }
    }

    /// <summary>The mailbox was found there.</summary>
    public void LeadTo(NodeLink link)
    {
        lock (this)
        {
            if (_here is not null || !_isSought || link.IsClosed) return;
            (_there, _isSought, _attempt, _lastNumber, _lastUsed) = (link, false, mailboxes.NextNumber(), 0, mailboxes.Now);
            foreach (var (number, message, _) in _unanswered?.All ?? []) Deliver(link, message, number, isResent: true);
            foreach (var (command, sender) in TakeWaiting()) Send(command, sender);
        }
    }

    public override bool TryHold()
    {
        lock (this)
        {
            if (_here is null || _isHeld) return false;
            return _isHeld = true;
        }
    }

    public override void Stopped(IActorRef mailbox, bool willRestart)
    {
        lock (this)
        {
            if (!mailbox.Equals(_here)) return;
            (_here, _isHeld, _isReserved) = (null, false, willRestart);
            foreach (var stream in _streams ?? []) stream.End(Peer);
            _streams = null;
            Seek();
            if (IsUnused) End();
        }
    }

    public override bool ExpectsConnection(IActorRef parent) => mailboxes.IsYoung(parent);

    /// <summary>From the node there: it has not, or no more, what this attempt leads to.</summary>
    public void NotThere(NodeLink link, long attempt)
    {
        lock (this)
        {
            if (_there == link && _attempt == attempt) LeaveThere();
        }
    }

    /// <summary>The node there is no member any more.</summary>
    public void Lost(NodeLink link)
    {
        lock (this)
        {
            _streams?.RemoveAll(stream => stream.Link == link);
            if (_there == link) LeaveThere();
        }
    }

    /// <summary>The mailbox there has answered.</summary>
    /// <param name="number">Of the message.</param>
    /// <param name="message">It.</param>
    /// <param name="sender">Who sent it.</param>
    /// <returns>False where it was answered before.</returns>
    public bool TryTakeAnswered(long number, out Deliver message, out IActorRef sender)
    {
        lock (this)
        {
            (message, sender) = (null!, ActorRefs.Nobody);
            if (_unanswered is null || !_unanswered.TryRemove(number, out var answered)) return false;
            (message, sender) = answered;
            mailboxes.Release(message);
            if (!HasUnanswered && (_here is not null || _waiting is not null)) LeaveThere();
            return true;
        }
    }

    /// <summary>A message from another node, for the mailbox here.</summary>
    public void Take(Deliver message, IActorRef sender, NodeLink link, long attempt, long previous, long number)
    {
        lock (this)
        {
            if (_here is null) link.NotHere(Peer, attempt);
            else if (StreamOf(link).TryTake(attempt, previous, number, _isHeld, Peer)) _here.Tell(message, sender);
        }
    }

    /// <summary>A connection of another node registers with the mailbox here.</summary>
    public void Take(Attach attach, NodeLink link, long attempt)
    {
        lock (this)
        {
            if (_here is not null)
            {
                if (_isHeld) StreamOf(link).Waits(attach);
                else _here.Tell(attach, ActorRefs.NoSender);
                return;
            }
            link.NotHere(Peer, attempt);
        }
        attach.Connection.Tell(new AttachAgain(Peer));              // by where its node then finds the mailbox
    }

    /// <summary>What the attached connection of another node says to the mailbox, also while others have to wait.</summary>
    public void TellMailbox(IMailboxCommand command)
    {
        lock (this) _here?.Tell(command, ActorRefs.NoSender);
    }

    /// <summary>A connection that has ended does not register any more, or gives way to one that does.</summary>
    public void Withdraw(Withdraw withdrawn)
    {
        lock (this)
        {
            if (_waiting?.Any(entry => IsOf(entry.Command)) != true) return;
            var left = from entry in _waiting
                       where !IsOf(entry.Command) || withdrawn.OnlyGivesWay
                       select (IsOf(entry.Command) ? (Attach)entry.Command with { Previous = default(Epoch) } : entry.Command, entry.Sender);
            _waiting = new Queue<(IMailboxCommand, IActorRef)>(left.ToArray());
            if (_waiting.Count == 0) _waiting = null;
        }

        bool IsOf(IMailboxCommand command) => command is Attach attach && attach.Connection.Equals(withdrawn.Connection);
    }

    /// <summary>Forgets where the mailbox is where nobody has asked for long.</summary>
    public void EndIfUnused(int before)
    {
        lock (this)
        {
            if (IsUnused && _lastUsed < before) End();
        }
    }

    private bool IsUnused => _here is null && !_isReserved && !HasUnanswered && _waiting is null && !_isGone;

    private bool HasUnanswered => _unanswered is { IsEmpty: false };

    private void Wait(IMailboxCommand command, IActorRef sender)
    {
        if (command is Deliver message && (_waiting?.Count >= ClusterMailboxes.MaxWaiting || !mailboxes.TryKeep(message)))
        {
            sender.Tell(new Refused(message.Id, ErrorCode.RecipientBusy));
            return;
        }
        (_waiting ??= []).Enqueue((command, sender));
        if (_here is null) Seek();
    }

    private void Send(IMailboxCommand command, IActorRef sender)
    {
        var link = _there!;
        switch (command)
        {
            case Deliver message when !mailboxes.TryKeep(message):
                sender.Tell(new Refused(message.Id, ErrorCode.RecipientBusy));
                break;
            case Deliver message:
                var number = mailboxes.NextNumber();
                if (Deliver(link, message, number, isResent: false))
                {
                    (_unanswered ??= new UnansweredMessages()).Add(number, message, sender);
                    break;
                }
                mailboxes.Release(message);
                sender.Tell(new Refused(message.Id, ErrorCode.RecipientBusy));
                break;
            case Attach attach:
                link.Attach(attach, mailboxes.NumberOf(attach.Connection, Peer, link), _attempt);
                break;
            case Confirm confirm:
                link.Confirm(confirm);
                break;
            case Detach detach:
                link.Detach(detach);
                break;
        }
    }

    private bool Deliver(NodeLink link, Deliver message, long number, bool isResent)
    {
        if (!link.TryDeliver(message, number, _lastNumber, _attempt, isResent)) return false;
        _lastNumber = number;
        return true;
    }

    private void LeaveThere()
    {
        _there = null;
        TellWhatWaits();
        if (_here is null) Seek();
    }

    /// <summary>Tells the mailbox here what waits for it. Not before the node where it was has said which of the messages that it was sent are done with: that may come later than the mailbox.</summary>
    private void TellWhatWaits()
    {
        if (_here is null || _isHeld) return;
        if (!HasUnanswered) _there = null;
        if (_there is not null) return;
        foreach (var (message, sender) in TakeUnanswered()) _here.Tell(message, sender);
        foreach (var (command, sender) in TakeWaiting()) _here.Tell(command, sender);
    }

    private void Seek()
    {
        if (_isSought || _there is not null || (!HasUnanswered && _waiting is null)) return;
        _isSought = true;
        mailboxes.Seek(this);
    }

    private IEnumerable<(Deliver Message, IActorRef Sender)> TakeUnanswered()
    {
        var unanswered = _unanswered;
        _unanswered = null;
        foreach (var (_, message, sender) in unanswered?.All ?? [])
        {
            mailboxes.Release(message);
            yield return (message, sender);
        }
    }

    private IEnumerable<(IMailboxCommand Command, IActorRef Sender)> TakeWaiting()
    {
        var waiting = _waiting;
        _waiting = null;
        foreach (var entry in waiting ?? Enumerable.Empty<(IMailboxCommand Command, IActorRef Sender)>())
        {
            if (entry.Command is Deliver message) mailboxes.Release(message);
            yield return entry;
        }
    }

    private void End()
    {
        _isGone = true;
        mailboxes.Remove(this);
    }

    private Stream StreamOf(NodeLink link)
    {
        var stream = _streams?.Find(stream => stream.Link == link);
        if (stream is null) (_streams ??= []).Add(stream = new Stream(link));
        return stream;
    }

    /// <summary>What comes from one node.</summary>
    private sealed class Stream(NodeLink link)
    {
        private const long Broken = -1;
        private List<Attach>? _waiting;
        private long _attempt;
        private long _last;                                         // one's number in the attempt
        private long _highest;                                      // of all that the mailbox was told
        private bool _wasHeld;

        public NodeLink Link { get; } = link;

        /// <returns>Whether the mailbox is told the message. One that has it is not told again; one that misses another before it neither, nor what follows in the attempt.</returns>
        public bool TryTake(long attempt, long previous, long number, bool isHeld, PeerId peer)
        {
            var isNext = previous == 0 || _last == previous;
            _attempt = attempt;
            if (isHeld || !isNext)
            {
                _last = Broken;
                // While it is held, the mailbox may yet answer for what it has: the last word is said when it goes on, or has stopped.
                if (isHeld) _wasHeld = true;
                else Link.NotHere(peer, attempt);
                return false;
            }
            _last = number;
            if (number <= _highest) return false;
            _highest = number;
            return true;
        }

        /// <summary>The mailbox is held.</summary>
        public void Waits(Attach attach) => (_waiting ??= []).Add(attach);

        /// <summary>The mailbox was held, and goes on.</summary>
        public void GoOn(IActorRef mailbox, PeerId peer)
        {
            if (_wasHeld) Link.NotHere(peer, _attempt);
            foreach (var attach in _waiting ?? []) mailbox.Tell(attach, ActorRefs.NoSender);
            (_wasHeld, _waiting) = (false, null);
        }

        /// <summary>The mailbox has stopped.</summary>
        public void End(PeerId peer)
        {
            Link.NotHere(peer, _attempt);
            foreach (var attach in _waiting ?? []) attach.Connection.Tell(new AttachAgain(peer));
        }
    }
}
