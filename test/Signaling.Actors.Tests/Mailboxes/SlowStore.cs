using Signaling.Actors.Mailboxes;
using Signaling.Actors.Protocol;

namespace Signaling.Actors.Tests.Mailboxes;

/// <summary>A store whose every answer waits until the test gives it.</summary>
internal sealed class SlowStore : IMailboxStore
{
    private readonly InMemoryMailboxStore _store = new();
    private readonly Queue<(TaskCompletionSource Done, Action Do)> _waiting = [];

    /// <summary>Whether opening waits as well.</summary>
    public bool OpensSlowly { get; init; }

    /// <summary>Calls that have no answer yet.</summary>
    public int Waiting => _waiting.Count;

    public async ValueTask<OpenedMailbox> OpenAsync(PeerId peer)
    {
        if (OpensSlowly) await Wait(() => { });
        return await _store.OpenAsync(peer);
    }

    public ValueTask AppendAsync(PeerId peer, IReadOnlyList<StoredMessage> messages) => new(Wait(() => _store.AppendAsync(peer, messages).AsTask().Wait()));

    public ValueTask RemoveAsync(PeerId peer, IReadOnlyList<long> seqs) => _store.RemoveAsync(peer, seqs);

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
