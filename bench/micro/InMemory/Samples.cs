using System.Globalization;
using System.Text;
using Signaling.Actors.Protocol;
using Signaling.Actors.Transport;

namespace Signaling.Bench.Micro.InMemory;

/// <summary>What clients send: an ICE candidate of about 200 bytes, and an offer whose SDP makes it about 4 KB, with a JSON escape in every line.</summary>
internal static class Samples
{
    private const int OfferBytes = 4_096;

    public static PeerId Peer(string id) => PeerId.TryParse(id, out var peer) ? peer : throw new ArgumentException("Not a peer id.", nameof(id));

    /// <param name="to">The recipient.</param>
    /// <param name="members">Further members, each with a comma before it.</param>
    public static byte[] Candidate(string to, string members = "") => Encoding.UTF8.GetBytes(
        $$$"""{"type":"ice-candidate","to":"{{{to}}}"{{{members}}},"candidate":{"candidate":"candidate:842163049 1 udp 1677729535 203.0.113.7 46154 typ srflx raddr 10.0.0.5 rport 46154 generation 0","sdpMid":"0","sdpMLineIndex":0}}""");

    /// <summary>A candidate of which a receipt is wanted.</summary>
    public static byte[] WithReceipt(string to, int number) => Candidate(to, $",\"id\":\"m{number}\",\"receipt\":true");

    /// <param name="to">The recipient.</param>
    public static byte[] Offer(string to)
    {
        var sdp = new StringBuilder(@"v=0\r\no=- 4611731400430051336 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n");
        for (var payload = 96; sdp.Length < OfferBytes - 128; payload++)
            sdp.Append(CultureInfo.InvariantCulture, $@"a=rtpmap:{payload} H264/90000\r\na=rtcp-fb:{payload} nack pli\r\n");
        return Encoding.UTF8.GetBytes($$"""{"type":"offer","to":"{{to}}","sdp":"{{sdp}}"}""");
    }

    /// <summary>A copy with the room behind it that the transport leaves.</summary>
    public static byte[] WithRoom(ReadOnlySpan<byte> message)
    {
        var buffer = GC.AllocateUninitializedArray<byte>(message.Length + SocketProtocol.Received.Room);
        message.CopyTo(buffer);
        return buffer;
    }
}
