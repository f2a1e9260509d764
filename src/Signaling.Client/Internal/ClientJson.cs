using System.Text.Json;
using System.Text.Json.Serialization;

namespace Signaling.Client;

/// <summary>What is read of the node's messages, without reflection.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, Converters = [typeof(UnixMilliseconds)])]
[JsonSerializable(typeof(Registered))]
[JsonSerializable(typeof(PeersList))]
[JsonSerializable(typeof(IceServersAnswer))]
[JsonSerializable(typeof(IceCandidate))]
[JsonSerializable(typeof(IceCandidate[]))]
internal sealed partial class ClientJson : JsonSerializerContext;

internal sealed record Registered(bool IsReconnect, string? Node, string? SessionId, string[]? Features, Limits? Limits, DateTimeOffset? ServerTime, DateTimeOffset? ExpiresAt);

internal sealed record Limits(int? MaxMessageBytes);

internal sealed record PeersList(PeerInfo[] Peers, int? Total, string? Next);

internal sealed record IceServersAnswer(IceServer[] IceServers, double TtlSeconds);

/// <summary>The protocol's times.</summary>
internal sealed class UnixMilliseconds : JsonConverter<DateTimeOffset>
{
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => DateTimeOffset.FromUnixTimeMilliseconds(reader.GetInt64());

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) => writer.WriteNumberValue(value.ToUnixTimeMilliseconds());
}

internal static class JsonElements
{
    /// <summary>A member that is a string; else null.</summary>
    public static string? Text(this JsonElement json, string name) => json.TryGetProperty(name, out var member) && member.ValueKind == JsonValueKind.String ? member.GetString() : null;

    /// <summary>A member that is a whole number; else null.</summary>
    public static long? Number(this JsonElement json, string name) =>
        json.TryGetProperty(name, out var member) && member.ValueKind == JsonValueKind.Number && member.TryGetInt64(out var number) ? number : null;

    /// <summary>A member that is a time span in milliseconds and not negative; else null.</summary>
    public static TimeSpan? Milliseconds(this JsonElement json, string name) => json.Number(name) is >= 0 and <= int.MaxValue and var number ? TimeSpan.FromMilliseconds((double)number) : null;
}
