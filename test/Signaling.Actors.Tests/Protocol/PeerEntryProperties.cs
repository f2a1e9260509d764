using System.Text;
using System.Text.Json;
using CsCheck;
using Signaling.Actors.Protocol;

namespace Signaling.Actors.Tests.Protocol;

/// <summary>An entry of a list is JSON that says what is known of its peer, however that spells its id and its device.</summary>
public sealed class PeerEntryProperties
{
    private static readonly Gen<string> Text = Gen.OneOf(Gen.String[Gen.Char[' ', '~'], 1, Device.MaxTypeLength], Gen.String[Gen.Char["\"\\/<>&'+äß€你\u2028"], 1, Device.MaxTypeLength]);

    [Fact]
    public void An_entry_says_what_is_known() => Gen.Select(Text, Gen.Int[1, 4], Text, Gen.Long[0, long.MaxValue]).Sample((part, times, type, connectedAt) =>
    {
        var peer = Wire.Peer(string.Concat(Enumerable.Repeat(part, times))); // up to the longest

        var entry = FrameWriter.PeerEntry(peer, new Device(type, """{ "os" : "iOS" }"""u8.ToArray()), connectedAt);

        var json = JsonDocument.Parse(entry).RootElement;
        Assert.Equal(["peerId", "deviceType", "deviceInfo", "connectedAt"], json.EnumerateObject().Select(member => member.Name));
        Assert.Equal((peer.Value, type, connectedAt), (json.GetProperty("peerId").GetString()!, json.GetProperty("deviceType").GetString()!, json.GetProperty("connectedAt").GetInt64()));
        Assert.Equal("""{ "os" : "iOS" }""", json.GetProperty("deviceInfo").GetRawText());
    });

    [Fact]
    public void An_entry_is_spelled_without_spaces() => Assert.Equal(
        """{"peerId":"bob","deviceType":"mobile","deviceInfo":{},"connectedAt":5}""",
        Encoding.UTF8.GetString(FrameWriter.PeerEntry(Wire.Peer("bob"), new Device("mobile", "{}"u8.ToArray()), 5)));
}
