using Akka.Actor;
using Signaling.Actors.Connections;
using Signaling.Actors.Transport;
using Signaling.AspNetCore.Transport;

namespace Signaling.Node.Tests.Transport;

/// <summary>What the socket itself answers (RFC 6455 §5.5), and where it stops reading a client that floods it.</summary>
public sealed class ClientSocketSpecs
{
    private static readonly byte[] CloseWith1001 = ClientFrames.Frame(Opcode.Close, [0x03, 0xE9, .. "bye"u8]);

    [Fact]
    public async Task Pings_are_answered_with_their_payload_in_order()
    {
        var output = await Answer([.. ClientFrames.Ping("1"), .. ClientFrames.Ping(""), .. ClientFrames.Pong("ignored"), .. ClientFrames.Ping("2")]);

        Assert.Equal("8A0131" + "8A00" + "8A0132", output);
    }

    [Theory]
    [InlineData("03E8", "880203E8")]
    [InlineData("03E9627965", "880203E9")]                          // the code, without the reason
    [InlineData("0F9F", "88020F9F")]
    [InlineData("", "8800")]
    public async Task A_close_is_answered_with_its_code(string payload, string expected)
    {
        Assert.Equal(expected, await Answer(ClientFrames.Frame(Opcode.Close, Convert.FromHexString(payload))));
    }

    [Fact]
    public async Task Nothing_behind_a_close_is_answered()
    {
        Assert.Equal("880203E9", await Answer([.. CloseWith1001, .. ClientFrames.Ping("late"), .. CloseWith1001, .. ClientFrames.Frame((Opcode)3, [])]));
    }

    [Fact]
    public void A_flood_of_empty_pings_is_read_no_further_than_its_pongs_are()
    {
        Assert.InRange(ReadOf(ClientFrames.Ping("")), 1, 100_000);
    }

    [Fact]
    public void A_flood_of_empty_messages_is_read_no_further_than_it_is_handled()
    {
        Assert.InRange(ReadOf(ClientFrames.Text("")), 1, 100_000);
    }

    private static async Task<string> Answer(byte[] input)
    {
        var stream = new ScriptedStream(input);
        var socket = Socket(stream);

        await socket.RunAsync();

        return Convert.ToHexString(stream.Output);
    }

    /// <summary>How many bytes of half a million frames are read while nothing is handled and no write completes. Reads complete at once,
    /// so that the socket has stopped reading when the call returns.</summary>
    private static int ReadOf(byte[] frame)
    {
        var flood = new byte[500_000 * frame.Length];
        for (var i = 0; i < flood.Length; i++) flood[i] = frame[i % frame.Length];
        var stream = new ScriptedStream(flood, reads: false);

        _ = Socket(stream).RunAsync();

        return stream.Taken;
    }

    private static ClientSocket Socket(Stream stream)
    {
        var pipe = new StreamPipe(stream);
        var socket = new ClientSocket(pipe.Input, pipe.Output, () => { }, new ConnectionOptions(), TimeProvider.System);
        socket.Start(new AnswersClose(socket));
        return socket;
    }

    /// <summary>A connection that does nothing but to answer the client's close.</summary>
    private sealed class AnswersClose(ClientSocket socket) : MinimalActorRef
    {
        public override ActorPath Path { get; } = new RootActorPath(new Address("akka", "test")) / "connection";

        public override IActorRefProvider Provider => throw new NotSupportedException();

        protected override void TellInternal(object message, IActorRef sender)
        {
            if (message is SocketProtocol.CloseReceived) socket.AnswerClose();
        }
    }
}
