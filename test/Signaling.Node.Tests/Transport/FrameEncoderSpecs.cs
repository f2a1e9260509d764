using System.Buffers;
using System.Text;
using Signaling.Actors.Protocol;
using Signaling.AspNetCore.Transport;

namespace Signaling.Node.Tests.Transport;

/// <summary>RFC 6455 §5.2, §5.5.1: the bytes of a server's frames.</summary>
public sealed class FrameEncoderSpecs
{
    [Theory]
    [InlineData(0, "8100")]
    [InlineData(1, "8101")]
    [InlineData(125, "817D")]
    [InlineData(126, "817E007E")]
    [InlineData(127, "817E007F")]
    [InlineData(65_535, "817EFFFF")]
    [InlineData(65_536, "817F0000000000010000")]
    [InlineData(1_000_000, "817F00000000000F4240")]
    public void The_length_is_spelled_in_the_fewest_bytes(int length, string header)
    {
        var payload = new byte[length];
        new Random(length).NextBytes(payload);
        var output = new ArrayBufferWriter<byte>();

        Write(output, Opcode.Text, payload);

        Assert.Equal(header, Convert.ToHexString(output.WrittenSpan[..(header.Length / 2)]));
        Assert.Equal(payload, output.WrittenSpan[(header.Length / 2)..].ToArray());
    }

    [Theory]
    [InlineData(1, "8103616263")]
    [InlineData(2, "8203616263")]
    [InlineData(8, "8803616263")]
    [InlineData(9, "8903616263")]
    [InlineData(10, "8A03616263")]
    public void Every_frame_is_a_whole_message_and_not_masked(int opcode, string expected)
    {
        var output = new ArrayBufferWriter<byte>();

        Write(output, (Opcode)opcode, "abc"u8);

        Assert.Equal(expected, Convert.ToHexString(output.WrittenSpan));
    }

    [Theory]
    [InlineData(CloseCode.Normal, "replaced", "03E87265706C61636564")]
    [InlineData(CloseCode.GoingAway, "", "03E9")]
    [InlineData(CloseCode.RegistrationTimeout, "é", "0FA8C3A9")]
    public void A_close_payload_is_the_code_and_the_reason(CloseCode code, string reason, string expected)
    {
        Assert.Equal(expected, Convert.ToHexString(FrameEncoder.ClosePayload(code, reason)));
    }

    [Theory]
    [InlineData("a", 123, 123)]
    [InlineData("a", 124, 123)]
    [InlineData("a", 5_000, 123)]
    [InlineData("é", 61, 61)]                                       // 2 bytes: 122 fit, 123 would be half a character
    [InlineData("é", 62, 61)]
    [InlineData("€", 41, 41)]                                       // 3 bytes: 123 fit
    [InlineData("€", 42, 41)]
    [InlineData("😀", 30, 30)]                                      // 4 bytes: 120 fit
    [InlineData("😀", 31, 30)]
    public void A_long_reason_is_cut_between_characters(string character, int count, int kept)
    {
        var reason = string.Concat(Enumerable.Repeat(character, count));

        var payload = FrameEncoder.ClosePayload(CloseCode.Normal, reason);

        Assert.Equal(string.Concat(Enumerable.Repeat(character, kept)), Encoding.UTF8.GetString(payload.AsSpan(2)));
        Assert.InRange(payload.Length, 2, 125);
    }

    [Theory]
    [InlineData(10)]
    [InlineData(17)]
    [InlineData(4_096)]
    public void Frames_of_a_batch_follow_each_other_whatever_room_the_output_gives_at_once(int room)
    {
        var payloads = Enumerable.Range(0, 300).Select(length => Enumerable.Range(length, length).Select(value => (byte)value).ToArray()).ToArray();
        var output = new PiecemealOutput(room);
        var expected = new ArrayBufferWriter<byte>();
        foreach (var payload in payloads) Write(expected, Opcode.Text, payload);

        var encoder = new FrameEncoder(output);
        foreach (var payload in payloads) encoder.Write(Opcode.Text, payload.AsSpan(0, payload.Length / 3), payload.AsSpan(payload.Length / 3));
        encoder.Commit();

        Assert.Equal(expected.WrittenSpan.ToArray(), output.Written);
    }

    private static void Write(IBufferWriter<byte> output, Opcode opcode, ReadOnlySpan<byte> payload)
    {
        var encoder = new FrameEncoder(output);
        encoder.Write(opcode, payload);
        encoder.Commit();
    }

    /// <summary>Gives as little as it may, as a pipe does at the end of a segment.</summary>
    private sealed class PiecemealOutput(int room) : IBufferWriter<byte>
    {
        private readonly byte[] _piece = new byte[room];

        public List<byte> Written { get; } = [];

        public void Advance(int count) => Written.AddRange(_piece.AsSpan(0, count));

        public Memory<byte> GetMemory(int sizeHint = 0) => _piece;

        public Span<byte> GetSpan(int sizeHint = 0) => _piece;
    }
}
