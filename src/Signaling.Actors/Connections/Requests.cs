using Akka.Actor;
using Signaling.Actors.Limits;
using Signaling.Actors.Protocol;
using static Signaling.Actors.Messages.DirectoryProtocol;
using static Signaling.Actors.Messages.MailboxProtocol;
using Envelope = Signaling.Actors.Protocol.Envelope;

namespace Signaling.Actors.Connections;

/// <summary>What a client's messages lead to, but for those that change its connection's own state (<c>register</c>, <c>unregister</c>).</summary>
internal sealed class Requests(ConnectionServices services, Registrations registrations, OthersPresence presence, Replies replies, Challenge challenge, ClientUsage usage)
{
    private PeerId _lastTo;

    /// <param name="message">What the client sent.</param>
    /// <param name="buffer">Where it lies.</param>
    /// <returns>The question for the directory that answers the message; null where it needs none.</returns>
    public object? Handle(in Envelope message, Memory<byte> buffer)
    {
        switch (message.Type)
        {
            case MessageType.Ping: replies.Pong(); break;
            case MessageType.Heartbeat: break;
            case MessageType.GetChallenge: replies.Challenge(challenge.Issue()); break;
            case MessageType.Unknown: replies.Refuse(ErrorCode.UnknownType, ClientRequest.DescribeType(message), ClientRequest.Id(message)); break;
            case var _ when registrations.Current is null: replies.Refuse(ErrorCode.NotRegistered, id: ClientRequest.Id(message)); break;
            case MessageType.GetPeers or MessageType.PeerStatus or MessageType.Watch or MessageType.Unwatch or MessageType.GetIceServers when usage.Question() is { } over: replies.Limit(over, ClientRequest.Id(message)); break;
            case MessageType.GetPeers: return ListPeers(message);
            case MessageType.PeerStatus: return AskStatus(message);
            case MessageType.Watch or MessageType.Unwatch: return Watch(message);
            case MessageType.GetIceServers: replies.IceServers(registrations.Current.Peer); break;
            case MessageType.Ack: Acknowledge(message, registrations.Current); break;
            default: Relay(message, buffer, registrations.Current); break;
        }
        return null;
    }

    private void Relay(in Envelope message, Memory<byte> buffer, Registration from)
    {
        if (ClientRequest.TryReadRelay(message, likely: _lastTo, out var to, out var wantsReceipt) is { } problem)
        {
            replies.Refuse(problem, id: ClientRequest.Id(message));
            return;
        }
        if (!registrations.CanReach(to))
        {
            replies.Refuse(ErrorCode.OutOfReach, id: ClientRequest.Id(message));
            return;
        }
        if (to != _lastTo && usage.Recipient(to) is { } over)
        {
            replies.Limit(over, ClientRequest.Id(message));
            return;
        }
        _lastTo = to;
        presence.Relate(to);
        var id = ClientRequest.Id(message);
        services.Mailboxes.Tell(new Deliver(to, from.Peer, message.Type, id, wantsReceipt, RelaySplice.Apply(message, buffer, from.FromMember, services.Time)));
    }

    private void Acknowledge(in Envelope ack, Registration current)
    {
        var problem = ClientRequest.TryReadAck(ack, out var peer, out var seq);
        var registration = peer is { } named ? registrations.Find(named) : current;
        if (problem is null && registration?.Acknowledge(seq) != true) problem = ErrorCode.InvalidAck;
        if (problem is not null) replies.Refuse(problem, id: ClientRequest.Id(ack));
    }

    private ListPeers? ListPeers(in Envelope question)
    {
        if (ClientRequest.TryReadPage(question, out var page) is { } problem) return Refuse<ListPeers>(problem, question);
        return new ListPeers([.. registrations.Peers], page, registrations.Reach);
    }

    private object? AskStatus(in Envelope question)
    {
        if (!ClientRequest.TryReadStatusQuestion(question, out var peer, out var problem)) return ListPeers(question);
        if (problem is null && !registrations.CanReach(peer)) problem = ErrorCode.OutOfReach;
        if (problem is not null) return Refuse<AskStatus>(problem, question);
        presence.Relate(peer);
        return new AskStatus(peer);
    }

    private object? Watch(in Envelope message)
    {
        if (ClientRequest.TryReadPeers(message, out var peers) is { } problem) return Refuse<object>(problem, message);
        if (message.Type == MessageType.Unwatch) return presence.Unwatch(peers);
        if (!peers.All(registrations.CanReach)) return Refuse<object>(ErrorCode.OutOfReach, message);
        return presence.Watch(peers, ClientRequest.Id(message)) ?? Refuse<object>(ErrorCode.PresenceIsOff, message);
    }

    private TQuestion? Refuse<TQuestion>(ErrorCode problem, in Envelope message)
        where TQuestion : class
    {
        replies.Refuse(problem, id: ClientRequest.Id(message));
        return null;
    }
}
