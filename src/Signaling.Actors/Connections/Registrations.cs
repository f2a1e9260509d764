using Akka.Actor;
using Signaling.Actors.Auth;
using Signaling.Actors.Messages;
using Signaling.Actors.Protocol;

namespace Signaling.Actors.Connections;

/// <summary>The ids of one connection.</summary>
internal sealed class Registrations
{
    private readonly Dictionary<PeerId, Registration> _byPeer = [];

    /// <summary>The id registered last: relayed messages are <c>from</c> it. Null where there is none.</summary>
    public Registration? Current { get; private set; }

    /// <summary>The client has asked for an extension of the original protocol when it registered: it knows them.</summary>
    public bool AsksForMore { get; set; }

    public int Count => _byPeer.Count;

    public IReadOnlyCollection<PeerId> Peers => _byPeer.Keys;

    public IEnumerable<Registration> All => _byPeer.Values;

    /// <summary>Whom the client may see and send to, beside its own ids; null: everybody.</summary>
    public PeerPatterns? Reach => Current?.Grant.Reach;

    /// <summary>When the first of them expires; null: none does.</summary>
    public DateTimeOffset? ExpiresAt => _byPeer.Values.Min(registration => registration.Grant.ExpiresAt);

    /// <summary>Whether the client may see this peer and send to it.</summary>
    public bool CanReach(PeerId peer) => Reach?.Include(peer) != false || _byPeer.ContainsKey(peer);

    public Registration? Find(PeerId peer) => _byPeer.GetValueOrDefault(peer);

    /// <summary>Registers an id, or registers it again, with the answer of its mailbox.</summary>
    public Registration Register(MailboxProtocol.Attach request, Device device, Grant grant, Epoch epoch, IActorRef mailbox)
    {
        if (!_byPeer.TryGetValue(request.Peer, out var registration)) _byPeer[request.Peer] = registration = new Registration(request.Peer);
        registration.Begin(epoch, mailbox);
        (registration.Request, registration.Device, registration.Grant) = (request, device, grant);
        return Current = registration;
    }

    public void Clear()
    {
        _byPeer.Clear();
        Current = null;
    }
}
