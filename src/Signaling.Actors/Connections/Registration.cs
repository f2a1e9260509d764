using Akka.Actor;
using Signaling.Actors.Auth;
using Signaling.Actors.Messages;
using Signaling.Actors.Protocol;
using static Signaling.Actors.Messages.MailboxProtocol;

namespace Signaling.Actors.Connections;

/// <summary>One id of a connection, and what its mailbox was told of its messages.</summary>
internal sealed class Registration(PeerId peer)
{
    private Epoch _epoch;
    private long _lastSent;
    private long _through;
    private long _confirmedThrough;

    /// <summary>Confirm and Detach go to it directly: one way round, and its death watch must not overtake the last of them.</summary>
    private IActorRef _mailbox = ActorRefs.Nobody;

    public PeerId Peer { get; } = peer;

    /// <summary>Of <see cref="RelaySplice.FromMember"/>.</summary>
    public byte[] FromMember { get; } = RelaySplice.FromMember(peer);

    public Epoch Epoch => _epoch;

    /// <summary>What it registered with.</summary>
    public Attach? Request { get; set; }

    /// <summary>What the others are told of it.</summary>
    public Device Device { get; set; } = Device.Unknown;

    /// <summary>What the client may do as this peer.</summary>
    public Grant Grant { get; set; } = Grant.Unlimited;

    /// <summary>It has asked its mailbox's successor to attach it.</summary>
    public bool IsSeeking { get; set; }

    /// <summary>Its mailbox moves, and waits to hear what was delivered.</summary>
    public bool IsLeft { get; set; }

    /// <summary>Another connection took the id over.</summary>
    public bool IsReplaced { get; set; }

    /// <summary>The client acknowledges its messages; else the socket says what is delivered.</summary>
    public bool Acks => Request?.Acks == true;

    /// <summary>Its mailbox, or the successor of that, has attached this connection. Of an epoch that has begun it changes nothing.</summary>
    public void Begin(Epoch epoch, IActorRef mailbox)
    {
        IsSeeking = false;
        if (epoch != _epoch) (_epoch, _mailbox, _lastSent, _through, _confirmedThrough) = (epoch, mailbox, 0, 0, 0);
    }

    public void Sent(long seq) => _lastSent = seq;

    /// <summary>The client's stack has everything up to <paramref name="seq"/> of its mailbox. Of what was sent since it acknowledges, the socket says nothing.</summary>
    public void Delivered(long seq) => _through = Math.Max(_through, seq);

    /// <summary>The client has everything up to <paramref name="seq"/>. One that it said before changes nothing.</summary>
    /// <returns>False where it does not acknowledge, or was never sent this.</returns>
    public bool Acknowledge(long seq)
    {
        if (!Acks || seq > _lastSent) return false;
        _through = Math.Max(_through, seq);
        Confirm();
        return true;
    }

    /// <summary>Tells the mailbox what it may forget, where that is more than it knows.</summary>
    public void Confirm()
    {
        if (_through == _confirmedThrough) return;
        _confirmedThrough = _through;
        _mailbox.Tell(new Confirm(Peer, _epoch, _through));
    }

    /// <summary>Gives the id up; what was not delivered goes back.</summary>
    public void Detach() => _mailbox.Tell(new Detach(Peer, _epoch, _through));
}
