using Signaling.Actors.Protocol;

namespace Signaling.Actors.Tests.Protocol;

/// <summary>The limit is <see cref="Envelope.MaxDepth"/> = 100 levels; the message's own braces are the first.</summary>
public sealed class EnvelopeDepthSpecs
{
    [Fact]
    public void A_value_that_reaches_the_limit_is_accepted()
    {
        var envelope = Wire.Read($$"""{"type":"offer","sdp":{{Wire.Nested(99)}},"to":"bob"}""");

        Assert.Equal(MessageType.Offer, envelope.Type);
        Assert.True(envelope[EnvelopeKey.To].IsPresent);
    }

    [Theory]
    [InlineData("a")]
    [InlineData("payload")]
    public void A_value_one_level_deeper_is_too_deep(string key)
    {
        var message = $$"""{"{{key}}":{{Wire.Nested(100)}}}""";

        var error = Envelope.TryRead(Wire.Utf8(message), out _);

        Assert.Same(ErrorCode.TooDeep, error);
    }

    [Fact]
    public void Objects_count_as_arrays_do()
    {
        static string Objects(int depth) => string.Concat(Enumerable.Repeat("{\"a\":", depth)) + "1" + new string('}', depth);

        var atTheLimit = Envelope.TryRead(Wire.Utf8(Objects(100)), out _);
        var above = Envelope.TryRead(Wire.Utf8(Objects(101)), out _);

        Assert.Null(atTheLimit);
        Assert.Same(ErrorCode.TooDeep, above);
    }

    [Fact]
    public void An_array_at_the_limit_is_no_object_and_above_it_too_deep()
    {
        var atTheLimit = Envelope.TryRead(Wire.Utf8(Wire.Nested(100)), out _);
        var above = Envelope.TryRead(Wire.Utf8(Wire.Nested(101)), out _);

        Assert.Same(ErrorCode.NotAnObject, atTheLimit);
        Assert.Same(ErrorCode.TooDeep, above);
    }

    [Fact]
    public void Ten_thousand_levels_are_too_deep_wherever_they_are_and_whether_or_not_they_close()
    {
        string[] messages =
        [
            Wire.Nested(10_000),
            new string('[', 10_000),
            $$"""{"type":"offer","a":{{Wire.Nested(10_000)}}}""",
            $$"""{"type":{{Wire.Nested(10_000)}}}""",
            $$$"""{"a":{"b":[1,{{{Wire.Nested(10_000)}}}]}}""",
            string.Concat(Enumerable.Repeat("{\"a\":", 10_000)),
        ];

        var errors = messages.Select(message => Envelope.TryRead(Wire.Utf8(message), out _));

        Assert.All(errors, error => Assert.Same(ErrorCode.TooDeep, error));
    }

    [Theory]
    [InlineData("x")]
    [InlineData("1 2")]
    [InlineData("1,")]
    [InlineData("\"")]
    public void A_mistake_at_the_limit_is_not_JSON_rather_than_too_deep(string mistake)
    {
        var message = $$"""{"a":{{Wire.Nested(99, mistake)}}}""";

        var error = Envelope.TryRead(Wire.Utf8(message), out _);

        Assert.Same(ErrorCode.InvalidJson, error);
    }
}
