using System.Text;
using Signaling.AspNetCore.Transport;

namespace Signaling.Node.Tests.Transport;

/// <summary>RFC 6455 §5.5.1, §7.4, and the IANA registry of close codes: which close frames a client may send, and the code they are answered with.</summary>
public sealed class CloseSpecs
{
    [Theory]
    [InlineData(1000)]
    [InlineData(1001)]
    [InlineData(1002)]
    [InlineData(1003)]
    [InlineData(1007)]
    [InlineData(1008)]
    [InlineData(1009)]
    [InlineData(1010)]
    [InlineData(1011)]
    [InlineData(1012)]                                              // 1012 to 1014: registered with IANA since
    [InlineData(1013)]
    [InlineData(1014)]
    [InlineData(3000)]
    [InlineData(3999)]
    [InlineData(4000)]
    [InlineData(4999)]
    public void A_code_that_may_be_sent_is_answered_with_itself(int code)
    {
        Assert.Equal([$"close {code}"], FrameLog.Read(Close(code, "")));
        Assert.Equal([$"close {code}"], FrameLog.Read(Close(code, "a reason in UTF-8: κόσμε")));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(999)]
    [InlineData(1004)]
    [InlineData(1005)]
    [InlineData(1006)]
    [InlineData(1015)]
    [InlineData(1016)]
    [InlineData(1100)]
    [InlineData(2000)]
    [InlineData(2999)]
    [InlineData(5000)]
    [InlineData(65_535)]
    public void A_code_that_may_not_be_sent_breaks_the_protocol(int code)
    {
        Assert.Equal(["violation 1002"], FrameLog.Read(Close(code, "")));
        Assert.Equal(["message before", "violation 1002"], FrameLog.Read(ClientFrames.Text("before"), Close(code, "reason")));
    }

    [Fact]
    public void A_close_without_a_body_is_answered_without_one()
    {
        Assert.Equal(["message before", "close"], FrameLog.Read(ClientFrames.Text("before"), ClientFrames.Frame(Opcode.Close, [])));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public void A_close_with_half_a_code_breaks_the_protocol(byte half)
    {
        Assert.Equal(["violation 1002"], FrameLog.Read(ClientFrames.Frame(Opcode.Close, [half])));
    }

    [Fact]
    public void A_reason_has_up_to_123_bytes()
    {
        Assert.Equal(["close 1000"], FrameLog.Read(Close(1000, new string('r', 123))));
        Assert.Equal(["violation 1002"], FrameLog.Read(Close(1000, new string('r', 124))));
    }

    [Theory]
    [InlineData("FF")]
    [InlineData("C2")]                                              // truncated: nothing can follow
    [InlineData("CEBAE1BDB9CF83CEBCCEB5EDA080656469746564")]        // Autobahn 7.5.1
    [InlineData("C0AF")]
    [InlineData("F4908080")]
    public void A_reason_that_is_not_UTF8_is_an_invalid_payload(string hex)
    {
        Assert.Equal(["violation 1007"], FrameLog.Read(ClientFrames.Frame(Opcode.Close, [0x03, 0xE8, .. Convert.FromHexString(hex)])));
    }

    [Fact]
    public void A_bad_code_counts_before_a_bad_reason()
    {
        Assert.Equal(["violation 1002"], FrameLog.Read(ClientFrames.Frame(Opcode.Close, [0x03, 0xED, 0xFF])));
    }

    private static byte[] Close(int code, string reason) =>
        ClientFrames.Frame(Opcode.Close, [(byte)(code >> 8), (byte)code, .. Encoding.UTF8.GetBytes(reason)]);
}
