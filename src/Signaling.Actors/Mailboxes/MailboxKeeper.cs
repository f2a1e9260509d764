using Akka.Actor;
using Signaling.Actors.Protocol;
using Signaling.Actors.Stats;
using static Signaling.Actors.Messages.MailboxProtocol;

namespace Signaling.Actors.Mailboxes;

/// <summary>One mailbox's way to the store: never blocks, tells the mailbox what became of each write, and counts what waits.</summary>
/// <remarks>A store that answers at once, as the one in memory does, costs no message.</remarks>
internal sealed class MailboxKeeper(PeerId peer, IMailboxStore store, SignalingMetrics metrics, IActorRef mailbox)
{
    private int _pending;

    /// <summary>Writes are under way whose outcome somebody waits for.</summary>
    public bool IsBusy => _pending > 0;

    /// <summary>Answered to the mailbox by <see cref="OpenedMailbox"/> or <see cref="OpenFailed"/>.</summary>
    public void Open()
    {
        var open = Try(() => store.OpenAsync(peer));
        if (open.IsCompletedSuccessfully) mailbox.Tell(open.Result);
        else open.AsTask().PipeTo(mailbox, failure: cause => new OpenFailed(cause));
    }

    /// <summary>Keeps one message; its sender hears <see cref="Stored"/> once the store has committed.</summary>
    public void Keep(MailboxItem item, Deliver message, IActorRef sender)
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
        append.AsTask().PipeTo(
            mailbox,
            success: _ =>
            {
                metrics.MessagesStored(1);
                return new Kept(message, sender);
            },
            failure: cause => new KeepFailed(item, message, sender, cause));
    }

    /// <summary>Keeps what a connection did not deliver; nobody waits for the outcome.</summary>
    public void Keep(IReadOnlyList<MailboxItem> items)
    {
        if (items.Count == 0) return;
        foreach (var item in items) Count(item);
        metrics.MessagesStored(items.Count);
        Write(() => store.AppendAsync(peer, [.. items.Select(item => item.ToStored())]));
    }

    /// <summary>These messages are done with; of those that are stored, the store hears.</summary>
    public void Forget(IReadOnlyList<MailboxItem> items)
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

    /// <summary>The mailbox has received the outcome of a <see cref="Keep(MailboxItem, Deliver, IActorRef)"/>.</summary>
    public void Settled() => _pending--;

    private void Count(MailboxItem item)
    {
        item.IsStored = true;
        metrics.MessageQueued();
    }

    private void Write(Func<ValueTask> write)
    {
        var task = Try(() => Done(write()));
        if (!task.IsCompletedSuccessfully) task.AsTask().PipeTo(mailbox, success: _ => Written.Instance, failure: cause => new WriteFailed(cause));
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
