using Akka.Actor;
using Signaling.Actors.Protocol;
using static Signaling.Actors.Messages.MailboxProtocol;

namespace Signaling.Actors.Mailboxes;

/// <summary>Sees to it that the store holds what a mailbox's line holds while its peer is away, and that senders hear what became of their messages.
/// Never blocks: the outcome of each write comes back to the mailbox's actor.</summary>
/// <remarks>A store that answers at once, as the one in memory does, costs no message.</remarks>
internal sealed class MailboxKeeper(PeerId peer, Mailbox mailbox, MailboxServices services, IActorRef actor)
{
    private static readonly HashSet<long> None = [];                // most mailboxes never have any

    private HashSet<long> _unremoved = None;
    private MailboxOwner _owner = new(peer, 0);
    private int _pending;

    /// <summary>Writes are under way, or have to be tried again.</summary>
    public bool IsBusy => _pending > 0 || _unremoved.Count > 0;

    /// <summary>Another has opened the mailbox: nothing is written any more.</summary>
    public bool IsFenced { get; private set; }

    /// <summary>Answered to the actor by <see cref="OpenSucceeded"/> or <see cref="OpenFailed"/>.</summary>
    public void Open() =>
        _ = ReadAsync(static (store, owner) => store.OpenAsync(owner.Peer), opened => new OpenSucceeded(this, opened), cause => new OpenFailed(this, cause));

    /// <summary>What the store holds, but for what is done with and could not be removed yet.</summary>
    public void Opened(OpenedMailbox opened)
    {
        _owner = _owner with { Generation = opened.Generation };
        mailbox.Open(_unremoved.Count == 0 ? opened : opened with { Messages = [.. opened.Messages.Where(message => !_unremoved.Contains(message.Seq))] });
    }

    /// <summary>The mailbox stops, and has nothing to write.</summary>
    public void Close() => services.Store.Close(_owner);

    /// <summary>Asks for a generation to number further messages in; answered to the actor by <see cref="Renewed"/>.</summary>
    public void Renew() =>
        _ = ReadAsync(static (store, owner) => store.NextGenerationAsync(owner), static generation => new Renewed(generation), static cause => new RenewFailed(cause));

    /// <summary>Keeps a message for a peer that is away; its sender hears <see cref="Stored"/> once the store has committed.</summary>
    public void Keep(Deliver message, IActorRef sender, DateTimeOffset now)
    {
        if (!mailbox.CanAdd || ExceedsQuota(message))
        {
            sender.Tell(new Refused(message.Id, mailbox.CanAdd ? ErrorCode.MailboxQuota : ErrorCode.StoreUnavailable));
            return;
        }
        var item = mailbox.Add(message.From, message.WantsReceipt ? message.Id : default, message.Json, now);
        (item.WasLate, item.ReceiptTo, item.Store) = (true, sender, StoreState.Offered);
        Append([item.ToStored()], new Kept(item, message.Id, message.Type));
    }

    /// <summary>Keeps what was accepted and not delivered, now that the peer is away. It is tried until it succeeds; receipts are answered then.</summary>
    public void KeepUnstored()
    {
        foreach (var item in mailbox.Items)
        {
            if (item.Store == StoreState.Committed) Answer(item);
        }
        var items = mailbox.Unstored();
        if (items.Count == 0) return;
        foreach (var item in items) item.Store = StoreState.Asked;
        Append([.. items.Select(item => item.ToStored())], new KeptReturned(items));
    }

    /// <summary>What waits and is too old goes.</summary>
    public void Expire(DateTimeOffset now)
    {
        var expired = mailbox.RemoveExpired(now);
        services.Metrics.MessagesExpired(expired.Count);
        foreach (var item in expired)
        {
            // Behind a connection that confirms nothing, or on its way to a store that is slower than that: then it is not to be told as stored.
            var reason = item.Store is StoreState.Offered or StoreState.Asked ? ErrorCode.StoreUnavailable : ErrorCode.RecipientBusy;
            Tell(item, new Refused(item.Id, reason));
        }
        Forget(expired);
    }

    /// <summary>The connection has delivered everything up to <paramref name="through"/>.</summary>
    public void Confirm(long through)
    {
        var delivered = mailbox.Confirm(through);
        foreach (var item in delivered)
        {
            if (!item.ReceiptTo.IsNobody()) Tell(item, new Delivered(peer, item.Id));
        }
        Forget(delivered);
    }

    /// <summary>The outcome of a call has come.</summary>
    /// <param name="outcome">What came of it.</param>
    /// <param name="isAway">The peer is away: memory need not hold what the store has.</param>
    public void Settle(IOutcome outcome, bool isAway)
    {
        Received();
        switch (outcome)
        {
            case Fenced:
                IsFenced = true;
                break;
            case Renewed renewed:
                mailbox.Number(renewed.Generation);
                break;
            case Kept kept:
                Committed(kept.Item, isAway);
                kept.Item.AnswerReceipt(new Stored(peer, kept.Id, kept.Type, kept.Item.WantsReceipt));
                if (isAway) MakeRoomFor(kept.Item);
                break;
            case KeptReturned kept:
                foreach (var item in kept.Items)
                {
                    Committed(item, isAway);
                    Answer(item);
                }
                break;
            case KeepFailed failed:
                // So it was not accepted, unless a connection has it meanwhile.
                if (mailbox.Withdraw(failed.Item)) failed.Item.AnswerReceipt(new Refused(failed.Id, ErrorCode.StoreUnavailable));
                else failed.Item.Store = StoreState.No;
                break;
            case KeepReturnedFailed failed:
                foreach (var item in failed.Items) item.Store = StoreState.No;
                break;
            case RemoveFailed failed:
                _unremoved = [.. _unremoved, .. failed.Seqs];
                break;
        }
    }

    /// <summary>The actor has received the outcome of a call.</summary>
    public void Received() => _pending--;

    /// <summary>Tries again what has to succeed and did not.</summary>
    public void Retry(bool isAway)
    {
        if (_unremoved.Count > 0)
        {
            List<long> seqs = [.. _unremoved];
            _unremoved = None;
            Remove(seqs);
        }
        if (isAway) KeepUnstored();
    }

    /// <summary>What goes for a newer message was answered as stored, or is answered now.</summary>
    private void MakeRoomFor(MailboxItem accepted)
    {
        if (mailbox.MakeRoomFor(accepted) is not { } displaced) return;
        services.Metrics.MessagesDropped(1);
        Tell(displaced, new Refused(displaced.Id, ErrorCode.MailboxQuota));
        Forget([displaced]);
    }

    /// <summary>Messages are done with; of those that it has or gets, the store hears.</summary>
    private void Forget(IReadOnlyList<MailboxItem> items)
    {
        List<long>? seqs = null;
        foreach (var item in items)
        {
            if (item.Store != StoreState.No) (seqs ??= []).Add(item.Seq);
        }
        if (seqs is not null) Remove(seqs);
    }

    private void Remove(List<long> seqs) => _ = WriteAsync(static (store, owner, seqs) => store.RemoveAsync(owner, seqs), seqs, new Removed(seqs));

    private void Append(StoredMessage[] messages, IWritten written) =>
        _ = WriteAsync(static (store, owner, messages) => store.AppendAsync(owner, messages), messages, written);

    private bool ExceedsQuota(Deliver message)
    {
        var (options, bytes) = (services.Options, message.Json.Length);
        return mailbox.Bytes + bytes > options.MaxBytes
            || services.Store.Totals.Bytes + bytes > options.MaxTotalBytes
            || (!mailbox.HasFrom(message.From) && !services.Quota.TryOpen(message.From));
    }

    private void Committed(MailboxItem item, bool isAway)
    {
        item.Store = StoreState.Committed;
        services.Metrics.MessagesStored(1);
        if (isAway) item.Release();
    }

    /// <summary>The receipt of a message that is stored, where one is awaited.</summary>
    private void Answer(MailboxItem item) => Tell(item, new Stored(peer, item.Id, MessageType.Unknown, WantsReceipt: true));

    /// <summary>What became of a message: its sender hears it where it wants a receipt.</summary>
    private static void Tell(MailboxItem item, object outcome)
    {
        if (item.WantsReceipt)
        {
            item.AnswerReceipt(outcome);
        }
        else if (item.ReceiptTo is ICustodian custodian)
        {
            item.ReceiptTo = ActorRefs.Nobody;
            custodian.Release();
        }
    }

    /// <summary>Calls the store and tells the actor what came of it; a call that is done already is settled behind what the actor does now all the same.</summary>
    private async Task WriteAsync<T>(Func<IMailboxStore, MailboxOwner, T, ValueTask> write, T what, IWritten written)
    {
        _pending++;
        if (!services.Health.MayCall())
        {
            actor.Tell(written.Failed(new CircuitOpenException()));
            return;
        }
        try
        {
            await write(services.Store, _owner, what).ConfigureAwait(false);
        }
        catch (Exception cause)
        {
            actor.Tell(Failed(cause) ?? written.Failed(cause));
            return;
        }
        services.Health.Succeeded();
        actor.Tell(written);
    }

    /// <inheritdoc cref="WriteAsync"/>
    private async Task ReadAsync<T>(Func<IMailboxStore, MailboxOwner, ValueTask<T>> read, Func<T, object> success, Func<Exception, object> failure)
    {
        _pending++;
        if (!services.Health.MayCall())
        {
            actor.Tell(failure(new CircuitOpenException()));
            return;
        }
        T answer;
        try
        {
            answer = await read(services.Store, _owner).ConfigureAwait(false);
        }
        catch (Exception cause)
        {
            actor.Tell(Failed(cause) ?? failure(cause));
            return;
        }
        services.Health.Succeeded();
        actor.Tell(success(answer));
    }

    /// <returns>What the actor is told whatever it had asked for; else null.</returns>
    private Fenced? Failed(Exception cause)
    {
        if (cause is MailboxFencedException)
        {
            services.Health.Succeeded();                            // a store that refuses works
            return new Fenced();
        }
        services.Health.Failed(cause, $"the mailbox of peer {services.Names.Of(peer)}");
        return null;
    }

    /// <summary>The store fails, and is not asked.</summary>
    private sealed class CircuitOpenException() : Exception("The mailbox store fails; it is tried every second.");

    /// <summary>The outcome of a call that was made to the store.</summary>
    internal interface IOutcome
    {
        /// <summary>Why it failed, where it did.</summary>
        Exception? Failure => null;
    }

    /// <summary>A write that was made.</summary>
    internal interface IWritten : IOutcome
    {
        /// <summary>What is told instead where it could not be.</summary>
        IOutcome Failed(Exception cause);
    }

    /// <summary>Another has opened the mailbox.</summary>
    internal sealed record Fenced : IOutcome;

    /// <summary>What was asked for by <paramref name="By"/>; an actor that has failed meanwhile asks again, by another.</summary>
    internal sealed record OpenSucceeded(MailboxKeeper By, OpenedMailbox Mailbox);

    /// <inheritdoc cref="OpenSucceeded"/>
    internal sealed record OpenFailed(MailboxKeeper By, Exception Failure);

    internal sealed record Renewed(long Generation) : IOutcome;

    internal sealed record RenewFailed(Exception Failure) : IOutcome;

    internal sealed record Kept(MailboxItem Item, ReadOnlyMemory<byte> Id, MessageType Type) : IWritten
    {
        public IOutcome Failed(Exception cause) => new KeepFailed(Item, Id, cause);
    }

    internal sealed record KeepFailed(MailboxItem Item, ReadOnlyMemory<byte> Id, Exception Failure) : IOutcome;

    internal sealed record KeptReturned(IReadOnlyList<MailboxItem> Items) : IWritten
    {
        public IOutcome Failed(Exception cause) => new KeepReturnedFailed(Items, cause);
    }

    internal sealed record KeepReturnedFailed(IReadOnlyList<MailboxItem> Items, Exception Failure) : IOutcome;

    internal sealed record Removed(IReadOnlyList<long> Seqs) : IWritten
    {
        public IOutcome Failed(Exception cause) => new RemoveFailed(Seqs, cause);
    }

    internal sealed record RemoveFailed(IReadOnlyList<long> Seqs, Exception Failure) : IOutcome;
}
