using Akka.Actor;
using Signaling.Actors.Messages;
using Signaling.Actors.Protocol;

namespace Signaling.Actors.Connections;

/// <summary>The ids of one connection.</summary>
internal sealed class Registrations
{
    private readonly Dictionary<PeerId, Registration> _byPeer = [];

    /// <summary>The id registered last: relayed messages are <c>from</c> it. Null where there is none.</summary>
    public Registration? Current { get; private set; }

    public int Count => _byPeer.Count;

    public IReadOnlyCollection<PeerId> Peers => _byPeer.Keys;

    public IEnumerable<Registration> All => _byPeer.Values;

    public Registration? Find(PeerId peer) => _byPeer.GetValueOrDefault(peer);

    /// <summary>Registers an id, or registers it again, with the answer of its mailbox.</summary>
    public void Register(MailboxProtocol.Attach request, Epoch epoch, IActorRef mailbox)
    {
        if (!_byPeer.TryGetValue(request.Peer, out var registration)) _byPeer[request.Peer] = registration = new Registration(request.Peer);
        if (registration.Epoch != epoch) registration.Begin(epoch, mailbox);
        registration.Request = request;
        Current = registration;
    }

    /// <summary>Gives every id up.</summary>
    public void Clear()
    {
        foreach (var registration in All) registration.Detach();
        _byPeer.Clear();
        Current = null;
    }
}
