using Akka.Actor;
using Signaling.Actors.Messages;
using Signaling.Actors.Protocol;

namespace Signaling.Actors.Connections;

/// <summary>The ids of one connection, and how far each one's mailbox may forget what it handed over.</summary>
internal sealed class Registrations
{
    private readonly Dictionary<PeerId, Registration> _byPeer = [];
    private readonly Queue<(long Number, Registration Registration, long Seq, int Bytes)> _unconfirmed = [];

    /// <summary>The id registered last: relayed messages are <c>from</c> it. Null where there is none.</summary>
    public Registration? Current { get; private set; }

    public int Count => _byPeer.Count;

    public IReadOnlyCollection<PeerId> Peers => _byPeer.Keys;

    public IEnumerable<Registration> All => _byPeer.Values;

    /// <summary>Messages sent that are not known to be written.</summary>
    public int UnconfirmedCount => _unconfirmed.Count;

    /// <summary>Their bytes.</summary>
    public long UnconfirmedBytes { get; private set; }

    public Registration? Find(PeerId peer) => _byPeer.GetValueOrDefault(peer);

    /// <summary>Registers an id, or registers it again, with the answer of its mailbox.</summary>
    public void Register(PeerId peer, Epoch epoch, IActorRef mailbox, Device device)
    {
        if (!_byPeer.TryGetValue(peer, out var registration)) _byPeer[peer] = registration = new Registration(peer);
        if (registration.Epoch != epoch) registration.Begin(epoch, mailbox);
        registration.Device = device;
        Current = registration;
    }

    public void Clear()
    {
        _byPeer.Clear();
        _unconfirmed.Clear();
        (Current, UnconfirmedBytes) = (null, 0);
    }

    /// <summary>A mailbox's message was sent as the socket's message <paramref name="number"/>.</summary>
    public void Sent(long number, Registration registration, long seq, int bytes)
    {
        _unconfirmed.Enqueue((number, registration, seq, bytes));
        UnconfirmedBytes += bytes;
    }

    /// <summary>Everything up to the socket's message <paramref name="number"/> is written.</summary>
    public void Written(long number)
    {
        while (_unconfirmed.TryPeek(out var first) && first.Number <= number)
        {
            _unconfirmed.Dequeue();
            UnconfirmedBytes -= first.Bytes;
            first.Registration.Through = first.Seq;
        }
        if (_unconfirmed.Count == 0) _unconfirmed.TrimExcess(0);
    }
}

/// <summary>One id of a connection.</summary>
internal sealed class Registration(PeerId peer)
{
    public PeerId Peer { get; } = peer;

    /// <summary>Of <see cref="RelaySplice.FromMember"/>.</summary>
    public byte[] FromMember { get; } = RelaySplice.FromMember(peer);

    public Epoch Epoch { get; private set; }

    /// <summary>Confirm and Detach go to it directly: one way round, and its death watch must not overtake the last of them.</summary>
    public IActorRef Mailbox { get; private set; } = ActorRefs.Nobody;

    public Device Device { get; set; } = Device.Unknown;

    /// <summary>Written up to this seq of its mailbox.</summary>
    public long Through { get; set; }

    /// <summary>The last that the mailbox was told of.</summary>
    public long ConfirmedThrough { get; set; }

    public void Begin(Epoch epoch, IActorRef mailbox) => (Epoch, Mailbox, Through, ConfirmedThrough) = (epoch, mailbox, 0, 0);
}
