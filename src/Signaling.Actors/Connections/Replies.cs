using System.Security.Cryptography;
using Signaling.Actors.Auth;
using Signaling.Actors.Limits;
using Signaling.Actors.Protocol;
using Signaling.Actors.Transport;
using static Signaling.Actors.Messages.MailboxProtocol;

namespace Signaling.Actors.Connections;

/// <summary>What the node itself says to one client.</summary>
internal sealed class Replies(IClientSocket socket, ConnectionServices services)
{
    private Capabilities? _capabilities;

    private long Now => services.Time.GetUtcNow().ToUnixTimeMilliseconds();

    public void Registered(Attached attached, Grant grant)
    {
        _capabilities ??= services.Capabilities with { SessionId = RandomNumberGenerator.GetHexString(16, lowercase: true) };
        socket.Send(FrameWriter.Registered(attached.Peer, Now, attached.IsReconnect, _capabilities, grant.ExpiresAt?.ToUnixTimeMilliseconds()));
    }

    public void Challenge(string nonce) => socket.Send(FrameWriter.Challenge(nonce, Connections.Challenge.TimeToLive));

    public void Pong() => socket.Send(FrameWriter.Pong(Now));

    public void IceServers(PeerId peer) => socket.Send(FrameWriter.IceServers(services.IceServers.For(peer)));

    public void Delivered(Delivered message) => socket.Send(FrameWriter.Receipt(message.Id, message.Peer, "delivered"));

    public void Stored(Stored message) => socket.Send(message.WantsReceipt
        ? FrameWriter.Receipt(message.Id, message.Peer, "stored")
        : FrameWriter.PeerOffline(message.Peer, message.Id, message.Type, Now));

    public void GoAway(TimeSpan reconnectAfter) => socket.Send(FrameWriter.GoAway("shutdown", reconnectAfter));

    public void ServerShutdown() => socket.Send(FrameWriter.ServerShutdown(Now));

    /// <param name="over">The limit that the input exceeds.</param>
    /// <param name="id">As of <see cref="Refuse"/>.</param>
    public void Limit(OverLimit over, ReadOnlyMemory<byte> id) => Refuse(ErrorCode.RateLimited, over.Limit, id, over.RetryAfter);

    /// <param name="error">Why the input is not accepted.</param>
    /// <param name="detail">Follows the error's sentence.</param>
    /// <param name="id">The input's <c>id</c> (<see cref="ClientRequest.Id"/>), where it had one.</param>
    /// <param name="retryAfter">How long until it would be accepted, where that is known.</param>
    public void Refuse(ErrorCode error, string detail = "", ReadOnlyMemory<byte> id = default, TimeSpan? retryAfter = null)
    {
        services.Metrics.ErrorAnswered(error);
        socket.Send(FrameWriter.Error(error, detail, id, Now, retryAfter));
    }
}
