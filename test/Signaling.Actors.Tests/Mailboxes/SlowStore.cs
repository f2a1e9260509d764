using Signaling.Actors.Mailboxes;
using Signaling.Actors.Protocol;

namespace Signaling.Actors.Tests.Mailboxes;

/// <summary>A store whose every answer waits until the test gives it.</summary>
internal sealed class SlowStore : StoreDouble
{
    private readonly Queue<(TaskCompletionSource Done, Action Do)> _waiting = [];

    /// <summary>Whether opening waits as well.</summary>
    public bool OpensSlowly { get; init; }

    /// <summary>Calls that have no answer yet.</summary>
    public int Waiting => _waiting.Count;

    public override async ValueTask<OpenedMailbox> OpenAsync(PeerId peer)
    {
        if (OpensSlowly) await Wait(() => { });
        return await Inner.OpenAsync(peer);
    }

    public override ValueTask AppendAsync(MailboxOwner owner, IReadOnlyList<StoredMessage> messages) => new(Wait(() => Inner.AppendAsync(owner, messages).AsTask().Wait()));

    /// <summary>In its turn: behind what waits.</summary>
    public override async ValueTask RemoveAsync(MailboxOwner owner, IReadOnlyList<long> seqs)
    {
        if (_waiting.Count > 0) await _waiting.Last().Done.Task;
        await Inner.RemoveAsync(owner, seqs);
    }

    /// <summary>The oldest call succeeds.</summary>
    public void Complete()
    {
        var (done, act) = _waiting.Dequeue();
        act();
        done.SetResult();
    }

    /// <summary>The oldest call fails.</summary>
    public void Fail() => _waiting.Dequeue().Done.SetException(new IOException("disk full"));

    private Task Wait(Action act)
    {
        var done = new TaskCompletionSource();
        _waiting.Enqueue((done, act));
        return done.Task;
    }
}
