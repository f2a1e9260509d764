using Signaling.Actors.Protocol;
using static Signaling.Actors.Directory.ReplicaProtocol;

namespace Signaling.Cluster.Rosters;

/// <summary>What one other node still has to be told of this one's peers: of each the last, in the order in which they were first to be told. So it is no more than there are peers,
/// however slowly that node reads.</summary>
internal sealed class PendingStates
{
    private readonly Dictionary<PeerId, PeerState> _states = [];
    private readonly Queue<PeerId> _inOrder = [];

    public int Count => _inOrder.Count;

    /// <summary>What is to be told next; null where there is nothing.</summary>
    public PeerState? Next => _inOrder.TryPeek(out var peer) ? _states[peer] : null;

    /// <summary>A newer state of a peer.</summary>
    public void Add(PeerState state)
    {
        if (_states.TryAdd(state.Peer, state)) _inOrder.Enqueue(state.Peer);
        else _states[state.Peer] = state;
    }

    /// <summary>The next one is told.</summary>
    public void Take()
    {
        _states.Remove(_inOrder.Dequeue());
        if (Count > 0) return;
        _states.TrimExcess();                                       // it held all peers once
        _inOrder.TrimExcess();
    }
}
