using System.Text;
using Signaling.AspNetCore.Transport;

namespace Signaling.Node.Tests.Transport;

/// <summary>RFC 6455 §8.1: text is UTF-8 (RFC 3629), wherever it is cut, and what cannot become UTF-8 fails at the byte that breaks it.</summary>
public sealed class Utf8Specs
{
    /// <summary>The first and last code point of every length, those around the surrogates, and non-characters (Autobahn 6.2, 6.5 to 6.11, 6.22).</summary>
    [Theory]
    [InlineData("00")]
    [InlineData("7F")]
    [InlineData("C280")]
    [InlineData("DFBF")]
    [InlineData("E0A080")]
    [InlineData("EFBFBF")]
    [InlineData("F0908080")]
    [InlineData("F48FBFBF")]
    [InlineData("ED9FBF")]
    [InlineData("EE8080")]
    [InlineData("EFBFBD")]
    [InlineData("EFBFBE")]
    [InlineData("F09FBFBE")]
    [InlineData("F3BFBFBF")]
    [InlineData("CEBAE1BDB9CF83CEBCCEB5")]
    [InlineData("48656C6C6F2DC2B540C39FC3B6C3A4C3BCC3A0C3A12D5554462D382121")]
    public void Valid_text_passes_wherever_frames_and_reads_cut_it(string hex)
    {
        byte[] text = [.. "<"u8, .. Convert.FromHexString(hex), .. ">"u8];
        string[] expected = [$"message {Encoding.UTF8.GetString(text)}"];

        for (var cut = 0; cut <= text.Length; cut++)
        {
            var first = ClientFrames.Frame(Opcode.Text, text.AsSpan(0, cut), fin: false);
            var second = ClientFrames.Frame(Opcode.Continuation, text.AsSpan(cut));
            Assert.Equal(expected, FrameLog.Read(first, second));

            var whole = ClientFrames.Frame(Opcode.Text, text);
            Assert.Equal(expected, new FrameLog().Add(whole.AsSpan(0, 6 + cut)).Add(whole.AsSpan(6 + cut)).Events);
        }
    }

    [Theory]
    [InlineData("C280")]
    [InlineData("E0A080")]
    [InlineData("F0908080")]
    [InlineData("CEBAE1BDB9CF83CEBCCEB5F48FBFBF")]
    public void Valid_text_passes_in_fragments_of_one_byte(string hex)
    {
        var text = Convert.FromHexString(hex);
        byte[][] frames = [.. text.Select((one, i) => ClientFrames.Frame(i == 0 ? Opcode.Text : Opcode.Continuation, [one], fin: i == text.Length - 1))];

        Assert.Equal([$"message {Encoding.UTF8.GetString(text)}"], FrameLog.Read(frames));
    }

    /// <summary>Autobahn 6.3, 6.4, 6.8, 6.10 to 6.21.</summary>
    /// <param name="hex">Text that is not UTF-8.</param>
    /// <param name="failsAt">Its byte, counted from one, after which nothing can make it valid.</param>
    [Theory]
    [InlineData("CEBAE1BDB9CF83CEBCCEB5EDA080656469746564", 13)]    // a surrogate behind good text
    [InlineData("CEBAE1BDB9CF83CEBCCEB5F4908080656469746564", 13)]  // above U+10FFFF behind good text
    [InlineData("F888808080", 1)]                                   // five and six bytes
    [InlineData("FC8480808080", 1)]
    [InlineData("F7BFBFBF", 1)]
    [InlineData("FBBFBFBFBF", 1)]
    [InlineData("FDBFBFBFBFBF", 1)]
    [InlineData("F4908080", 2)]                                     // above U+10FFFF
    [InlineData("F5808080", 1)]
    [InlineData("80", 1)]                                           // a continuation alone
    [InlineData("BF", 1)]
    [InlineData("80BF80", 1)]
    [InlineData("4180", 2)]
    [InlineData("C28080", 3)]
    [InlineData("E0A08080", 4)]
    [InlineData("F090808080", 5)]
    [InlineData("C220", 2)]                                         // a start alone
    [InlineData("DF20", 2)]
    [InlineData("E020", 2)]
    [InlineData("EF20", 2)]
    [InlineData("EFBF20", 3)]
    [InlineData("F020", 2)]
    [InlineData("F490", 2)]
    [InlineData("F09F9820", 4)]
    [InlineData("C2C2", 2)]
    [InlineData("E1BDE1", 3)]
    [InlineData("FE", 1)]                                           // impossible bytes
    [InlineData("FF", 1)]
    [InlineData("FEFEFFFF", 1)]
    [InlineData("C0AF", 1)]                                         // overlong
    [InlineData("E080AF", 2)]
    [InlineData("F08080AF", 2)]
    [InlineData("C1BF", 1)]
    [InlineData("E09FBF", 2)]
    [InlineData("F08FBFBF", 2)]
    [InlineData("C080", 1)]
    [InlineData("E08080", 2)]
    [InlineData("F0808080", 2)]
    [InlineData("EDA080", 2)]                                       // surrogates, alone and paired
    [InlineData("EDADBF", 2)]
    [InlineData("EDAE80", 2)]
    [InlineData("EDAFBF", 2)]
    [InlineData("EDB080", 2)]
    [InlineData("EDBE80", 2)]
    [InlineData("EDBFBF", 2)]
    [InlineData("EDA080EDB080", 2)]
    [InlineData("EDAFBFEDBFBF", 2)]
    public void Text_that_cannot_become_valid_fails_at_the_byte_that_breaks_it(string hex, int failsAt)
    {
        var text = Convert.FromHexString(hex);
        byte[] announced = [.. text, .. new byte[200]];
        var frame = ClientFrames.Frame(Opcode.Text, announced);
        const int header = 8;

        Assert.Empty(new FrameLog().Add(frame.AsSpan(0, header + failsAt - 1)).Events);
        Assert.Equal(["violation 1007"], new FrameLog().Add(frame.AsSpan(0, header + failsAt)).Events);
        Assert.Equal(["violation 1007"], FrameLog.Read(frame[..(header + failsAt)]));
        Assert.Equal(["violation 1007"], FrameLog.Read(ClientFrames.Frame(Opcode.Text, text)));
    }

    [Theory]
    [InlineData("C2")]
    [InlineData("DF")]
    [InlineData("E1")]
    [InlineData("EFBF")]
    [InlineData("F0")]
    [InlineData("F090")]
    [InlineData("F09080")]
    [InlineData("CEBAE1BDB9CF83CEBCCE")]
    public void Text_that_ends_inside_a_code_point_fails_at_its_end(string hex)
    {
        var text = Convert.FromHexString(hex);
        var frame = ClientFrames.Frame(Opcode.Text, text, fin: false);

        Assert.Empty(FrameLog.Read(frame));
        Assert.Equal(["violation 1007"], FrameLog.Read(frame, ClientFrames.Continuation("")));
        Assert.Equal(["violation 1007"], FrameLog.Read(ClientFrames.Frame(Opcode.Text, text)));
    }

    [Fact]
    public void A_bad_fragment_fails_before_the_message_ends()
    {
        Assert.Equal(
            ["message before", "ping x", "violation 1007"],
            FrameLog.Read(ClientFrames.Text("before"), ClientFrames.Text("a", fin: false), ClientFrames.Ping("x"), ClientFrames.Frame(Opcode.Continuation, [0xFF], fin: false)));
    }

    [Fact]
    public void A_ping_inside_a_code_point_changes_nothing()
    {
        Assert.Equal(
            ["ping 0x80", "message €"],
            FrameLog.Read(ClientFrames.Frame(Opcode.Text, [0xE2], fin: false), ClientFrames.Frame(Opcode.Ping, [0x80]), ClientFrames.Frame(Opcode.Continuation, [0x82, 0xAC])));
    }

    [Fact]
    public void Each_text_is_validated_by_itself()
    {
        Assert.Equal(
            ["message a longer text", "message é", "violation 1007"],
            FrameLog.Read(ClientFrames.Text("a longer text"), ClientFrames.Text("é"), ClientFrames.Frame(Opcode.Text, [0xA9])));
    }

    [Theory]
    [InlineData("FF")]
    [InlineData("EDA080")]
    [InlineData("C2")]
    public void A_binary_message_is_not_validated(string hex)
    {
        var payload = Convert.FromHexString(hex);

        Assert.Equal([$"message 0x{hex}"], FrameLog.Read(ClientFrames.Frame(Opcode.Binary, payload)));
        Assert.Equal([$"message 0x{hex}"], FrameLog.Read(ClientFrames.Frame(Opcode.Binary, [], fin: false), ClientFrames.Frame(Opcode.Continuation, payload)));
        Assert.Equal(["message a", $"message 0x{hex}"], FrameLog.Read(ClientFrames.Text("a"), ClientFrames.Frame(Opcode.Binary, payload)));
    }
}
