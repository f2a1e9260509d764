using Akka;
using Signaling.Actors.Protocol;

namespace Signaling.Actors.Mailboxes;

/// <summary>A call of the store that has not been answered.</summary>
internal abstract class StoreCall(PeerId peer)
{
    private int _state;

    private enum State
    {
        Waiting, Started, Abandoned,
    }

    public PeerId Peer { get; } = peer;

    /// <summary>Bytes that it holds in memory.</summary>
    public virtual long Bytes => 0;

    /// <summary>It is to be done now.</summary>
    /// <returns>False where its caller has given up.</returns>
    public bool TryStart() => Interlocked.CompareExchange(ref _state, (int)State.Started, (int)State.Waiting) == (int)State.Waiting;

    /// <summary>Its caller has given up; where it has not started, it never will.</summary>
    public void Abandon() => Interlocked.CompareExchange(ref _state, (int)State.Abandoned, (int)State.Waiting);
}

/// <inheritdoc/>
internal abstract class StoreCall<T>(PeerId peer) : StoreCall(peer)
{
    private readonly TaskCompletionSource<T> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<T> Answer => _answer.Task;

    public void Succeed(T answer) => _answer.SetResult(answer);

    public void Fail(Exception cause) => _answer.SetException(cause);
}

/// <summary>A write, which shares its commit with others.</summary>
internal sealed class WriteCall(MailboxWrite write) : StoreCall<Done>(write.Peer)
{
    public MailboxWrite Write => write;

    public override long Bytes => write.Bytes;
}

/// <summary>A read of one mailbox.</summary>
internal sealed class ReadCall(PeerId peer) : StoreCall<IReadOnlyList<StoredMessage>>(peer);
