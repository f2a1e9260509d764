using Signaling.Actors.Protocol;

namespace Signaling.Actors.Tests.Protocol;

public sealed class EnvelopeValueSpecs
{
    [Theory]
    [InlineData("null")]
    [InlineData("false")]
    [InlineData("\"\"")]
    [InlineData("0")]
    [InlineData("-0")]
    [InlineData("0.00")]
    [InlineData("0e5")]
    [InlineData("-0.0E+12")]
    [InlineData("1e-400")]
    public void What_JavaScript_takes_for_false_is_not_truthy(string value)
    {
        var envelope = Wire.Read($$"""{"timestamp":{{value}}}""");

        Assert.False(envelope.IsTruthy(envelope[EnvelopeKey.Timestamp]));
    }

    [Theory]
    [InlineData("true")]
    [InlineData("\"0\"")]
    [InlineData("\" \"")]
    [InlineData("1")]
    [InlineData("-1")]
    [InlineData("0.001")]
    [InlineData("1e400")]
    [InlineData("18446744073709551616")]
    [InlineData("[]")]
    [InlineData("{}")]
    public void What_JavaScript_takes_for_true_is_truthy(string value)
    {
        var envelope = Wire.Read($$"""{"timestamp":{{value}}}""");

        Assert.True(envelope.IsTruthy(envelope[EnvelopeKey.Timestamp]));
    }

    [Fact]
    public void An_absent_member_is_not_truthy_and_no_text()
    {
        var envelope = Wire.Read("{}");

        Assert.False(envelope.IsTruthy(envelope[EnvelopeKey.Timestamp]));
        Assert.False(envelope.TryGetString(envelope[EnvelopeKey.Timestamp], 10, out _));
    }

    [Theory]
    [InlineData("\"bob\"", "bob")]
    [InlineData("""  "b\u006fb\n" """, "bob\n")]
    [InlineData("\"\"", "")]
    [InlineData("\"Jürgen 你好 😀\"", "Jürgen 你好 😀")]
    public void A_string_is_read_as_text(string value, string expected)
    {
        var envelope = Wire.Read($$"""{"to":{{value}}}""");

        Assert.True(envelope.TryGetString(envelope[EnvelopeKey.To], 256, out var text));
        Assert.Equal(expected, text);
    }

    [Theory]
    [InlineData("1")]
    [InlineData("null")]
    [InlineData("""["bob"]""")]
    [InlineData("""{"a":"bob"}""")]
    [InlineData("""  "\udead" """)]
    public void What_is_no_string_or_no_text_is_not_read_as_text(string value)
    {
        var envelope = Wire.Read($$"""{"to":{{value}}}""");

        Assert.False(envelope.TryGetString(envelope[EnvelopeKey.To], 256, out _));
    }
}
