using Akka.Actor;
using Signaling.Actors.Messages;
using Signaling.Actors.Protocol;
using static Signaling.Actors.Messages.MailboxProtocol;

namespace Signaling.Actors.Connections;

/// <summary>One id of a connection, and what its mailbox was told of its messages.</summary>
internal sealed class Registration(PeerId peer)
{
    private Epoch _epoch;
    private long _confirmedThrough;

    /// <summary>Confirm and Detach go to it directly: one way round, and its death watch must not overtake the last of them.</summary>
    private IActorRef _mailbox = ActorRefs.Nobody;

    public PeerId Peer { get; } = peer;

    /// <summary>Of <see cref="RelaySplice.FromMember"/>.</summary>
    public byte[] FromMember { get; } = RelaySplice.FromMember(peer);

    public Epoch Epoch => _epoch;

    public Device Device { get; set; } = Device.Unknown;

    /// <summary>Delivered up to this seq of its mailbox.</summary>
    public long Through { get; set; }

    /// <summary>Its mailbox, or the successor of that, has attached this connection.</summary>
    public void Begin(Epoch epoch, IActorRef mailbox) => (_epoch, _mailbox, Through, _confirmedThrough) = (epoch, mailbox, 0, 0);

    /// <summary>Tells the mailbox what it may forget, where that is more than it knows.</summary>
    public void Confirm()
    {
        if (Through == _confirmedThrough) return;
        _confirmedThrough = Through;
        _mailbox.Tell(new Confirm(Peer, _epoch, Through));
    }

    /// <summary>Gives the id up; what was not delivered goes back.</summary>
    public void Detach() => _mailbox.Tell(new Detach(Peer, _epoch, Through));
}
