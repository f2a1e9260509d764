using Akka.Actor;
using Signaling.Actors.Protocol;
using Signaling.Actors.Stats;
using static Signaling.Actors.Messages.MailboxProtocol;

namespace Signaling.Actors.Mailboxes;

/// <summary>Sees to it that the store holds what a mailbox's line holds while its peer is away: never blocks, tells the mailbox's actor what became
/// of each write, and counts what waits.</summary>
/// <remarks>A store that answers at once, as the one in memory does, costs no message.</remarks>
internal sealed class MailboxKeeper(PeerId peer, Mailbox mailbox, IMailboxStore store, SignalingMetrics metrics, IActorRef actor)
{
    private int _pending;

    /// <summary>Writes are under way whose outcome somebody waits for.</summary>
    public bool IsBusy => _pending > 0;

    /// <summary>Answered to the actor by <see cref="OpenedMailbox"/> or <see cref="OpenFailed"/>.</summary>
    public void Open()
    {
        var open = Try(() => store.OpenAsync(peer));
        if (open.IsCompletedSuccessfully) actor.Tell(open.Result);
        else open.AsTask().PipeTo(actor, failure: cause => new OpenFailed(cause));
    }

    /// <summary>Keeps a message for a peer that is away; its sender hears <see cref="Stored"/> once the store has committed.</summary>
    public void Keep(Deliver message, IActorRef sender, DateTimeOffset now)
    {
        var item = mailbox.Add(message.From, default, message.Json, now);
        item.WasLate = true;
        Append(item, message, sender);
        RemoveExcess();
    }

    /// <summary>Keeps what a connection was handed or waited for and did not deliver; nobody waits for the outcome.</summary>
    public void KeepUnstored()
    {
        var items = mailbox.Unstored();
        if (items.Count == 0) return;
        foreach (var item in items) Count(item);
        metrics.MessagesStored(items.Count);
        Write(() => store.AppendAsync(peer, [.. items.Select(item => item.ToStored())]));
    }

    /// <summary>While the peer is away: the oldest beyond the capacity go.</summary>
    public void RemoveExcess()
    {
        var excess = mailbox.RemoveExcess();
        metrics.MessagesDropped(excess.Count);
        Forget(excess);
    }

    /// <summary>The connection has delivered everything up to <paramref name="through"/>.</summary>
    public void Confirm(long through) => Forget(mailbox.Confirm(through));

    /// <summary>What waits and is too old goes.</summary>
    public void Expire(DateTimeOffset now)
    {
        var expired = mailbox.RemoveExpired(now);
        metrics.MessagesExpired(expired.Count);
        Forget(expired);
    }

    /// <summary>A message was kept.</summary>
    public void Settle(Kept kept)
    {
        _pending--;
        metrics.MessagesStored(1);
        kept.Sender.Tell(new Stored(kept.Message));
    }

    /// <summary>A message was not kept: so it was not accepted, unless it has been delivered meanwhile.</summary>
    public void Settle(KeepFailed failed)
    {
        _pending--;
        if (!mailbox.Withdraw(failed.Item)) return;
        metrics.MessagesUnqueued(1);
        failed.Sender.Tell(new Refused(failed.Message, ErrorCode.StoreUnavailable));
    }

    private void Append(MailboxItem item, Deliver message, IActorRef sender)
    {
        Count(item);
        var append = Try(() => Done(store.AppendAsync(peer, [item.ToStored()])));
        if (append.IsCompletedSuccessfully)
        {
            metrics.MessagesStored(1);
            sender.Tell(new Stored(message));
            return;
        }
        _pending++;
        append.AsTask().PipeTo(actor, success: _ => new Kept(message, sender), failure: cause => new KeepFailed(item, message, sender, cause));
    }

    /// <summary>These messages are done with; of those that are stored, the store hears.</summary>
    private void Forget(IReadOnlyList<MailboxItem> items)
    {
        List<long>? seqs = null;
        foreach (var item in items)
        {
            if (item.IsStored) (seqs ??= []).Add(item.Seq);
        }
        if (seqs is null) return;
        metrics.MessagesUnqueued(seqs.Count);
        Write(() => store.RemoveAsync(peer, seqs));
    }

    private void Count(MailboxItem item)
    {
        item.IsStored = true;
        metrics.MessageQueued();
    }

    private void Write(Func<ValueTask> write)
    {
        var task = Try(() => Done(write()));
        if (!task.IsCompletedSuccessfully) task.AsTask().PipeTo(actor, success: _ => Written.Instance, failure: cause => new WriteFailed(cause));
    }

    private static async ValueTask<bool> Done(ValueTask write)
    {
        await write;
        return true;
    }

    /// <summary>A store may also throw before its first await.</summary>
    private static ValueTask<T> Try<T>(Func<ValueTask<T>> call)
    {
        try
        {
            return call();
        }
        catch (Exception cause)
        {
            return ValueTask.FromException<T>(cause);
        }
    }

    internal sealed record OpenFailed(Exception Cause);

    internal sealed record Kept(Deliver Message, IActorRef Sender);

    internal sealed record KeepFailed(MailboxItem Item, Deliver Message, IActorRef Sender, Exception Cause);

    internal sealed record WriteFailed(Exception Cause);

    internal sealed record Written
    {
        public static readonly Written Instance = new();
    }
}
