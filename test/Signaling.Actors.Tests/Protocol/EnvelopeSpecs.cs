using System.Text.Json;
using Signaling.Actors.Protocol;

namespace Signaling.Actors.Tests.Protocol;

public sealed class EnvelopeSpecs
{
    [Theory]
    [InlineData("")]
    [InlineData(" \r\n\t")]
    [InlineData("hello")]
    [InlineData("nul")]
    [InlineData("{")]
    [InlineData("""{"type":"offer","to":"bob" """)]
    [InlineData("{'type':'offer'}")]
    [InlineData("""{"type":"offer",}""")]
    [InlineData("""{"type":"offer"} x""")]
    [InlineData("{}{}")]
    [InlineData("[1] x")]
    [InlineData("""{"a":01}""")]
    [InlineData("""{"a":NaN}""")]
    [InlineData("""{"a":True}""")]
    [InlineData("""{"a":tru}""")]
    [InlineData("""{"a":falsE}""")]
    [InlineData("""{"a":nulll}""")]
    [InlineData("""{"a":[}}""")]
    [InlineData("""{"a":{"b"}}""")]
    [InlineData("""{"a":[,]}""")]
    [InlineData("""{"a":[1,]}""")]
    [InlineData("{\"a\":\"line\nbreak\"}")]
    [InlineData("""{"a":"\x"}""")]
    [InlineData("""{"a":1} // comment""")]
    [InlineData("\uFEFF{}")]
    public void What_is_not_JSON_is_refused(string text)
    {
        var error = Envelope.TryRead(Wire.Utf8(text), out _);

        Assert.Same(ErrorCode.InvalidJson, error);
    }

    [Theory]
    [InlineData("1")]
    [InlineData("null")]
    [InlineData(" true ")]
    [InlineData("\"register\"")]
    [InlineData("[]")]
    [InlineData("""[{"type":"offer"}]""")]
    public void JSON_that_is_no_object_is_refused(string text)
    {
        var error = Envelope.TryRead(Wire.Utf8(text), out _);

        Assert.Same(ErrorCode.NotAnObject, error);
    }

    [Fact]
    public void Bytes_that_are_not_UTF_8_are_refused_wherever_they_are()
    {
        byte[] inString = [.. "{\"a\":\""u8, 0xC3, 0x28, .. "\"}"u8];
        byte[] encodedSurrogate = [.. "{\"a\":\""u8, 0xED, 0xA0, 0x80, .. "\"}"u8];
        byte[] cutShort = [.. "{\"a\":\"\"}"u8, 0xE2, 0x82];

        ErrorCode?[] errors =
        [
            Envelope.TryRead(inString, out _),
            Envelope.TryRead(encodedSurrogate, out _),
            Envelope.TryRead(cutShort, out _),
            Envelope.TryRead([0xFF], out _),
        ];

        Assert.All(errors, error => Assert.Same(ErrorCode.InvalidUtf8, error));
    }

    [Fact]
    public void An_object_without_members_is_an_envelope_of_unknown_type()
    {
        var envelope = Wire.Read(" {\n} ");

        Assert.Equal(MessageType.Unknown, envelope.Type);
        Assert.Equal(3, envelope.Close);
        Assert.False(envelope[EnvelopeKey.Type].IsPresent);
    }

    [Fact]
    public void Members_are_found_where_they_lie()
    {
        var envelope = Wire.Read("""{ "to" : "bob" , "type":"offer"}""");

        Assert.Equal(new Member(2, 9, 14, 17, JsonTokenType.String), envelope[EnvelopeKey.To]);
        Assert.Equal(new Member(17, 24, 31, 31, JsonTokenType.String), envelope[EnvelopeKey.Type]);
        Assert.Equal(31, envelope.Close);
        Assert.Equal("\"bob\"", Wire.Text(envelope.Raw(envelope[EnvelopeKey.To])));
    }

    [Fact]
    public void Of_repeated_keys_the_last_one_counts()
    {
        var envelope = Wire.Read("""{"type":"offer","to":"bob","id":"1","type":"answer","to":"carol","id":"2"}""");

        Assert.Equal(MessageType.Answer, envelope.Type);
        Assert.Equal("\"carol\"", Wire.Text(envelope.Raw(envelope[EnvelopeKey.To])));
        Assert.Equal("\"2\"", Wire.Text(envelope.Raw(envelope[EnvelopeKey.Id])));
        Assert.Equal([1, 16], envelope.Superseded?.Select(member => member.KeyStart));
    }

    [Fact]
    public void Keys_are_known_by_what_their_escapes_spell()
    {
        const string Json = """{"\u0074ype":"offer","\u0066\u0072\u006F\u006d":"mallory","t\u006f":"bob","peer\u0049d":7}""";

        var envelope = Wire.Read(Json);

        Assert.Equal(MessageType.Offer, envelope.Type);
        Assert.Equal("\"mallory\"", Wire.Text(envelope.Raw(envelope[EnvelopeKey.From])));
        Assert.Equal("\"bob\"", Wire.Text(envelope.Raw(envelope[EnvelopeKey.To])));
        Assert.Equal("7", Wire.Text(envelope.Raw(envelope[EnvelopeKey.PeerId])));
    }

    [Theory]
    [InlineData("""{"\ud800from":1}""")]
    [InlineData("""{"from\ud800":1}""")]
    [InlineData("""{"\udc00\ud800":1}""")]
    [InlineData("""{"From":1}""")]
    [InlineData("""{"from ":1}""")]
    [InlineData("""{"fro\u006d\u0000":1}""")]
    [InlineData("""{"a":{"from":1}}""")]
    public void Keys_that_only_resemble_one_are_other_keys(string json)
    {
        var envelope = Wire.Read(json);

        Assert.False(envelope[EnvelopeKey.From].IsPresent);
    }

    [Theory]
    [InlineData("""{"type":"offer"}""", MessageType.Offer)]
    [InlineData("""{"type":"\u006fffer"}""", MessageType.Offer)]
    [InlineData("""{"type":"\u0070\u0061\u0069\u0072\u0069\u006e\u0067\u003a\u0072\u0065\u006A\u0065\u0063\u0074"}""", MessageType.PairingReject)]
    [InlineData("""{"type":"Offer"}""", MessageType.Unknown)]
    [InlineData("""{"type":"offer "}""", MessageType.Unknown)]
    [InlineData("""{"type":""}""", MessageType.Unknown)]
    [InlineData("""{"type":"\ud800offer"}""", MessageType.Unknown)]
    [InlineData("""{"type":5}""", MessageType.Unknown)]
    [InlineData("""{"type":["offer"]}""", MessageType.Unknown)]
    [InlineData("""{"type":"offer","type":null}""", MessageType.Unknown)]
    [InlineData("""{"type":"registered"}""", MessageType.Unknown)]
    [InlineData("""{"type":"offline-message"}""", MessageType.Unknown)]
    [InlineData("""{"type":"server-shutdown"}""", MessageType.Unknown)]
    public void The_type_is_what_its_string_spells(string json, MessageType expected)
    {
        var envelope = Wire.Read(json);

        Assert.Equal(expected, envelope.Type);
    }

    [Fact]
    public void Every_type_is_read_by_its_name()
    {
        var known = Enum.GetValues<MessageType>().Where(type => type != MessageType.Unknown).ToArray();

        var read = known.Select(type => Wire.Read($$"""{"type":"{{type.Name()}}"}""").Type);

        Assert.Equal(20, known.Length);
        Assert.Equal(known, read);
    }
}
