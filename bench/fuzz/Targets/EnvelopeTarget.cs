using System.Buffers;
using System.Text;
using System.Text.Json;
using Signaling.Actors.Protocol;
using Signaling.Actors.Transport;
using Signaling.Fuzz.Engine;
using static Signaling.Fuzz.Engine.FuzzFailureException;

namespace Signaling.Fuzz.Targets;

/// <summary>The reader of a client's message, the readers of what each kind must hold, and the splice that makes of it what is relayed, held against System.Text.Json.</summary>
internal sealed class EnvelopeTarget : IFuzzTarget
{
    private const long Now = 1_700_000_000_000;

    private static readonly PeerId Alice = PeerId.TryParse("alice", out var alice) ? alice : default;
    private static readonly byte[] FromAlice = RelaySplice.FromMember(Alice);
    private static readonly JsonDocumentOptions SameDepth = new() { MaxDepth = Envelope.MaxDepth };

    private static readonly Dictionary<string, EnvelopeKey> Keys =
        Enum.GetValues<EnvelopeKey>().Except([EnvelopeKey.Other]).ToDictionary(key => JsonNamingPolicy.CamelCase.ConvertName($"{key}"));

    public string Name => "envelope";

    public IReadOnlyList<byte[]> Tokens => Engine.Tokens.Json;

    public void Dispose()
    {
    }

    public void Run(ReadOnlySpan<byte> input, Outcomes outcomes)
    {
        var problem = Envelope.TryRead(input, out var envelope);
        var expected = ReadByReference(input, out var document);
        using (document)
        {
            Unless(problem == expected, $"The reader says {problem?.Code ?? "ok"}, System.Text.Json {expected?.Code ?? "ok"}.");
            if (problem is not null)
            {
                outcomes.Add(problem.Code);
                return;
            }
            var members = JsonMembers.Of(document!.RootElement);
            CheckMembers(envelope, members);
            CheckRelay(envelope, members);
            outcomes.Add($"{envelope.Type}: {CheckRequest(envelope)?.Code ?? "ok"}");
            if (envelope.Superseded is not null) outcomes.Add("keys that come again");
        }
    }

    /// <param name="input">Any bytes.</param>
    /// <param name="document">What they hold, where it is a JSON object.</param>
    private static ErrorCode? ReadByReference(ReadOnlySpan<byte> input, out JsonDocument? document)
    {
        document = null;
        if (!IsUtf8(input)) return ErrorCode.InvalidUtf8;
        try
        {
            var any = JsonDocument.Parse(input.ToArray(), SameDepth);
            if (any.RootElement.ValueKind == JsonValueKind.Object) document = any;
            else any.Dispose();
            return document is null ? ErrorCode.NotAnObject : null;
        }
        catch (JsonException refusal)
        {
            return refusal.Message.Contains("maximum configured depth", StringComparison.Ordinal) ? ErrorCode.TooDeep : ErrorCode.InvalidJson;
        }
    }

    private static bool IsUtf8(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(bytes, out _, out var used) != OperationStatus.Done) return false;
            bytes = bytes[used..];
        }
        return true;
    }

    /// <summary>Of each key the last member counts, wherever it lies and however it is spelled.</summary>
    private static void CheckMembers(in Envelope envelope, List<JsonMember> members)
    {
        foreach (var (name, key) in Keys)
        {
            var (found, last) = (envelope[key], members.FindLast(member => member.Key == name));
            Unless(found.IsPresent == last is not null, $"Whether {name} is there is not agreed upon.");
            if (last is null) continue;
            Unless(Encoding.UTF8.GetString(envelope.Raw(found)) == last.Value.GetRawText(), $"The value of {name} is not agreed upon.");
            Unless(envelope.IsTruthy(found) == JsonMembers.IsTruthy(last.Value), $"Whether {name} is truthy is not agreed upon.");
            Unless((envelope.TryGetString(found, maxChars: envelope.Json.Length, out var text) ? text : null) == JsonMembers.Text(last.Value), $"The text of {name} is not agreed upon.");
        }
        var type = members.FindLast(member => member.Key == "type");
        var named = type is not null && JsonMembers.Text(type.Value) is { } spelled ? MessageTypes.Parse(Encoding.UTF8.GetBytes(spelled)) : MessageType.Unknown;
        Unless(envelope.Type == named, $"The type is not agreed upon: {envelope.Type}, {named}.");
    }

    /// <summary>What is relayed is what came, but for <c>from</c>, a <c>timestamp</c> that a message lacked, and members that a repeated key made void.</summary>
    private static void CheckRelay(in Envelope envelope, List<JsonMember> members)
    {
        var timestamp = members.FindLast(member => member.Key == "timestamp");
        var isStamped = envelope.Type == MessageType.Message && (timestamp is null || !JsonMembers.IsTruthy(timestamp.Value));
        var expected = from member in members
                       let isVoid = member.Key is "to" or "type" or "timestamp" && members.FindLast(other => other.Key == member.Key) != member
                       where member.Key != "from" && !isVoid && !(isStamped && member == timestamp)
                       select member.Text;
        string[] all = [.. expected, "\"from\":\"alice\"", .. isStamped ? [$"\"timestamp\":{Now}"] : Array.Empty<string>()];

        var copied = Relay(envelope, room: 0);
        Unless(copied.Span.SequenceEqual(Relay(envelope, SocketProtocol.Received.Room).Span), "Room behind a message changes what is relayed.");
        using var relayed = JsonDocument.Parse(copied, SameDepth);
        Unless(all.SequenceEqual(JsonMembers.Of(relayed.RootElement).Select(member => member.Text)), "What is relayed has other members than it must.");
    }

    private static ReadOnlyMemory<byte> Relay(in Envelope envelope, int room)
    {
        byte[] buffer = [.. envelope.Json, .. new byte[room]];
        Envelope.TryRead(buffer.AsSpan(0, envelope.Json.Length), out var copy);
        return RelaySplice.Apply(copy, buffer, FromAlice, Clock.Instance);
    }

    /// <summary>Reads the message as each of the requests.</summary>
    /// <returns>What is wrong with it as the one that it is.</returns>
    private static ErrorCode? CheckRequest(in Envelope envelope)
    {
        var register = ClientRequest.TryReadRegister(envelope, out var registered);
        var relay = ClientRequest.TryReadRelay(envelope, likely: Alice, out var to, out _);
        var ack = ClientRequest.TryReadAck(envelope, out _, out var seq);
        var page = ClientRequest.TryReadPage(envelope, out var part);
        var watch = ClientRequest.TryReadPeers(envelope, out var peers);
        ClientRequest.TryReadStatusQuestion(envelope, out _, out var status);
        var id = ClientRequest.Id(envelope);
        var description = ClientRequest.DescribeType(envelope);

        Unless(register is not null || (registered.Peer.Value.Length is >= 1 and <= 256 && registered.Device.Type.Length <= 64 && registered.Device.Info.Length <= 4_096), "A registration exceeds its bounds.");
        Unless(relay is not null || to.Value.Length is >= 1 and <= 256, "A recipient is no peer.");
        Unless(ack is not null || seq >= 0, "An ack is negative.");
        Unless(part is not { Limit: < 1 or > 1_000 }, "A page has no size.");
        Unless(watch is not null || peers.All(peer => peer.Value.Length is >= 1 and <= 256), "Somebody watched is no peer.");
        Unless(id.Length <= 256 && description.Length < 1_000 && !description.Any(char.IsControl), "What answers repeat is too long, or has control characters.");
        return envelope.Type switch
        {
            MessageType.Unknown => ErrorCode.UnknownType,
            MessageType.Register => register,
            MessageType.Ack => ack,
            MessageType.GetPeers => page,
            MessageType.PeerStatus => status,
            MessageType.Watch or MessageType.Unwatch => watch,
            var type => type.IsRelayed() ? relay : null,
        };
    }

    private sealed class Clock : TimeProvider
    {
        public static readonly Clock Instance = new();

        public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeMilliseconds(Now);
    }
}
