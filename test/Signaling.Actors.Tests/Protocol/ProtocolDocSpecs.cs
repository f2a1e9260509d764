using System.Globalization;
using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;
using Signaling.Actors.Protocol;

namespace Signaling.Actors.Tests.Protocol;

/// <summary>Holds <c>docs/protocol.md</c> against the code: what is there is in the document, and what is in the document is there.</summary>
public sealed partial class ProtocolDocSpecs
{
    private const string ToNode = "→ ";
    private const string FromNode = "← ";

    private static readonly string Document = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "docs", "protocol.md"));

    private static readonly Example[] Examples = [.. ExampleLine().Matches(Document).Select(line => new Example(line.Groups["direction"].Value, line.Groups["json"].Value))];

    private static readonly ErrorCode[] ErrorCodes =
        [.. typeof(ErrorCode).GetFields(BindingFlags.Public | BindingFlags.Static).Select(field => field.GetValue(null)).OfType<ErrorCode>()];

    /// <summary>Every message that the node itself makes, in each of its forms.</summary>
    private static readonly byte[][] NodeFrames =
    [
        FrameWriter.Registered(Wire.Peer("a"), 1, isReconnect: false, new Capabilities("n", 1, 1, 1, TimeSpan.FromHours(1), TimeSpan.FromSeconds(1))),
        FrameWriter.Registered(Wire.Peer("a"), 1, isReconnect: false, new Capabilities("n", 1, 1, 1, TimeSpan.FromHours(1), TimeSpan.FromSeconds(1)), expiresAt: 1),
        FrameWriter.Challenge("n", TimeSpan.FromSeconds(1)),
        FrameWriter.Receipt(Wire.Utf8("\"m1\""), Wire.Peer("a"), "delivered"),
        FrameWriter.Error(ErrorCode.MissingTo, "", Wire.Utf8("\"m1\""), 1),
        FrameWriter.Error(ErrorCode.InvalidJson, "", default, 1),
        FrameWriter.Error(ErrorCode.RateLimited, "400 messages a second", Wire.Utf8("\"m1\""), 1, TimeSpan.FromSeconds(1)),
        FrameWriter.Pong(1),
        FrameWriter.PeerOffline(Wire.Peer("a"), Wire.Utf8("\"m1\""), MessageType.Offer, 1),
        FrameWriter.PeerStatus(Wire.Peer("a"), online: true, Device.Unknown, 1),
        FrameWriter.PeerStatus(Wire.Peer("a"), online: false, Device.Unknown, 1),
        FrameWriter.PeerStatusResponse(Wire.Peer("a"), Device.Unknown, 1),
        FrameWriter.PeerStatusResponse(Wire.Peer("a"), device: null, 1),
        FrameWriter.PeersList([], total: 0, 1),
        FrameWriter.PeersList([], total: 2, 1),
        FrameWriter.PeersPage([], total: 2, next: Wire.Peer("a"), 1),
        FrameWriter.PeersPage([], total: null, next: Wire.Peer("a"), 1),
        FrameWriter.IceServers(new IceServerList([], 1, 1)),
        FrameWriter.OfflineMessage(Wire.Utf8("{}"), 1, 1),
        FrameWriter.WithSeq(FrameWriter.OfflineMessage(Wire.Utf8("{}"), 1, 1), 1),
        FrameWriter.GoAway("shutdown", TimeSpan.FromSeconds(1)),
        FrameWriter.ServerShutdown(1),
    ];

    [Fact]
    public void Every_error_code_is_listed_and_no_other()
    {
        var listed = ErrorRow().Matches(Section("Errors")).Select(row => row.Groups["code"].Value);

        Assert.Equal(ErrorCodes.Select(error => error.Code).Distinct().Order(), listed.Order());
    }

    [Fact]
    public void Every_error_has_an_example_that_begins_with_its_text_and_no_example_shows_another_error()
    {
        var examples = Examples.Where(example => example.Direction == FromNode && example.Type == "error" && !example.IsRelayed).ToArray();

        Assert.All(ErrorCodes, error => Assert.Contains(examples, example => Shows(example, error)));
        Assert.All(examples, example => Assert.Contains(ErrorCodes, error => Shows(example, error)));
    }

    [Fact]
    public void Every_close_code_is_listed_and_no_other()
    {
        var listed = CloseRow().Matches(Section("Close codes")).Select(row => int.Parse(row.Groups["code"].Value, CultureInfo.InvariantCulture));

        Assert.Equal(Enum.GetValues<CloseCode>().Select(code => (int)code).Order(), listed.Order());
    }

    [Fact]
    public void Every_type_that_a_client_may_send_has_a_heading_and_an_example_and_there_are_no_others()
    {
        var known = Enum.GetValues<MessageType>().Where(type => type != MessageType.Unknown).Select(type => type.Name()).ToArray();

        var headings = Heading().Matches(Section("What a client sends")).SelectMany(heading => Quoted().Matches(heading.Value)).Select(name => name.Groups["name"].Value);
        var sent = Examples.Where(example => example.Direction == ToNode).Select(example => example.Type).Distinct();

        Assert.Equal(known.Order(), headings.Order());
        Assert.Equal(known.Order(), sent.Order());
    }

    [Fact]
    public void Every_message_that_the_node_makes_is_shown_with_the_members_it_has_and_there_are_no_others()
    {
        var written = NodeFrames.Select(frame => new Example(FromNode, Wire.Text(frame)).Shape).ToHashSet();

        var shown = Examples.Where(example => example.Direction == FromNode && !example.IsRelayed).Select(example => example.Shape).ToHashSet();

        Assert.Equal(written.Order(), shown.Order());
    }

    [Fact]
    public void No_message_that_the_node_makes_is_left_out_of_these_specs()
    {
        var makers = typeof(FrameWriter).GetMethods(BindingFlags.Public | BindingFlags.Static | BindingFlags.DeclaredOnly).Select(method => method.Name).ToHashSet();
        makers.Remove(nameof(FrameWriter.PeerEntry));           // a part of peers-list
        makers.Remove(nameof(FrameWriter.WithSeq));             // a member more
        foreach (var other in (string[])[nameof(FrameWriter.PeersPage), nameof(FrameWriter.HasRoomFor), nameof(FrameWriter.EndPeersList)]) makers.Remove(other); // of peers-list, too
        makers.RemoveWhere(name => name.StartsWith("get_", StringComparison.Ordinal));

        Assert.Equal(makers.Count, NodeFrames.Select(frame => new Example(FromNode, Wire.Text(frame)).Type).Distinct().Count());
    }

    [Fact]
    public void Every_relayed_example_is_what_the_node_makes_of_the_message_above_it()
    {
        var relayed = Examples.Index().Where(example => example.Item.Direction == FromNode && example.Item.IsRelayed).ToArray();

        Assert.Equal(Enum.GetValues<MessageType>().Count(type => type.IsRelayed()), relayed.Select(example => example.Item.Type).Distinct().Count());
        Assert.All(relayed, example => Assert.Equal(example.Item.Json.ToString(), Relay(Examples[example.Index - 1], example.Item)));
    }

    private static string Relay(Example sent, Example received)
    {
        var timestamp = received.Json.TryGetProperty("timestamp", out var value) ? value.GetInt64() : 0;
        return Wire.Splice(sent.Json.ToString(), Wire.Peer(received.Value("from")), timestamp);
    }

    private static bool Shows(Example example, ErrorCode error) =>
        example.Value("code") == error.Code && example.Value("error").StartsWith(error.Text, StringComparison.Ordinal);

    private static string Section(string heading) =>
        Document.Split($"\n## {heading}\n") is [_, var rest] ? rest.Split("\n## ")[0] : throw new InvalidDataException($"There is no section {heading}.");

    [GeneratedRegex("^(?<direction>[→←] )(?<json>.*)$", RegexOptions.Multiline)]
    private static partial Regex ExampleLine();

    [GeneratedRegex(@"^\| `(?<code>[^`]+)` \|", RegexOptions.Multiline)]
    private static partial Regex ErrorRow();

    [GeneratedRegex(@"^\| (?<code>\d+) \|", RegexOptions.Multiline)]
    private static partial Regex CloseRow();

    [GeneratedRegex("^### .*$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex("`(?<name>[^`]+)`")]
    private static partial Regex Quoted();

    /// <summary>One line of an example.</summary>
    private sealed class Example(string direction, string json)
    {
        public string Direction => direction;

        public JsonElement Json { get; } = JsonDocument.Parse(json).RootElement;

        public string Type => Value("type");

        /// <summary>The node sets <c>from</c> on what it relays, and on nothing else.</summary>
        public bool IsRelayed => Json.TryGetProperty("from", out _);

        /// <summary>Its type and its members' names.</summary>
        public string Shape => $"{Type}: {string.Join(' ', Json.EnumerateObject().Select(member => member.Name))}";

        public string Value(string member) => Json.GetProperty(member).GetString()!;
    }
}
