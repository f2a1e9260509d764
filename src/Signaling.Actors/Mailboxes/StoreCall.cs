using Akka;
using Signaling.Actors.Protocol;

namespace Signaling.Actors.Mailboxes;

/// <summary>A call of the store that has not been answered.</summary>
internal abstract class StoreCall
{
    private int _state;

    protected StoreCall(PeerId peer) => (Peer, Place) = (peer, new LinkedListNode<StoreCall>(this));

    private enum State
    {
        Waiting, Started, Abandoned,
    }

    public PeerId Peer { get; }

    /// <summary>Among those that wait for an answer.</summary>
    public LinkedListNode<StoreCall> Place { get; }

    /// <summary>A timestamp of the clock.</summary>
    public long CalledAt { get; set; }

    /// <summary>Bytes that it holds in memory.</summary>
    public virtual long Bytes => 0;

    /// <summary>It is to be done now.</summary>
    /// <returns>False where its caller has given up.</returns>
    public bool TryStart() => Interlocked.CompareExchange(ref _state, (int)State.Started, (int)State.Waiting) == (int)State.Waiting;

    /// <summary>Its caller gives up; where it has not started, it never will.</summary>
    public void Abandon(Exception cause)
    {
        Interlocked.CompareExchange(ref _state, (int)State.Abandoned, (int)State.Waiting);
        Fail(cause);
    }

    /// <summary>Answers, unless the caller has given up.</summary>
    public abstract void Fail(Exception cause);
}

/// <inheritdoc/>
internal abstract class StoreCall<T>(PeerId peer) : StoreCall(peer)
{
    private readonly TaskCompletionSource<T> _answer = new();

    public Task<T> Answer => _answer.Task;

    /// <inheritdoc cref="StoreCall.Fail"/>
    public void Succeed(T answer) => _answer.TrySetResult(answer);

    public override void Fail(Exception cause) => _answer.TrySetException(cause);
}

/// <summary>A write, which shares its commit with others.</summary>
internal sealed class WriteCall(MailboxWrite write) : StoreCall<Done>(write.Peer)
{
    public MailboxWrite Write => write;

    public override long Bytes => write.Bytes;
}

/// <summary>An opening of one mailbox.</summary>
internal sealed class OpenCall(PeerId peer) : StoreCall<OpenedMailbox>(peer);
