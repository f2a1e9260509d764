using System.Text.Json;

namespace Signaling.Actors.Protocol;

/// <summary>What a peer says of its device: shown to others in lists and presence, never interpreted.</summary>
/// <param name="Type">At most <see cref="MaxTypeLength"/> characters; "unknown" where the client named none.</param>
/// <param name="Info">Any JSON value, as the client spelled it; <c>{}</c> where it sent none.</param>
public sealed record Device(string Type, ReadOnlyMemory<byte> Info)
{
    /// <summary>Longest <c>deviceType</c>, in UTF-16 code units.</summary>
    public const int MaxTypeLength = 64;

    /// <summary>Largest <c>deviceInfo</c>, in bytes of UTF-8: it stands in every roster answer.</summary>
    public const int MaxInfoBytes = 4_096;

    /// <summary>Deepest <c>deviceInfo</c>: others' parsers have to read it (one nested 10,000 deep broke every roster of the original server).</summary>
    public const int MaxInfoDepth = 16;

    /// <summary>What a client that says nothing of its device has.</summary>
    public static readonly Device Unknown = new("unknown", "{}"u8.ToArray());

    /// <summary>Reads <c>deviceType</c> and <c>deviceInfo</c>; empty, null, false and 0 count as absent, as in JavaScript.</summary>
    /// <returns>Null where it is fine.</returns>
    internal static ErrorCode? TryRead(in Envelope register, out Device device)
    {
        device = Unknown;
        var type = Unknown.Type;
        var typeMember = register[EnvelopeKey.DeviceType];
        if (register.IsTruthy(typeMember))
        {
            if (!register.TryGetString(typeMember, MaxTypeLength, out type) || type.Length > MaxTypeLength || type.Any(char.IsControl))
                return ErrorCode.InvalidDeviceType;
        }

        var info = Unknown.Info;
        var infoMember = register[EnvelopeKey.DeviceInfo];
        if (register.IsTruthy(infoMember))
        {
            var raw = register.Raw(infoMember);
            if (raw.Length > MaxInfoBytes || Depth(raw) > MaxInfoDepth) return ErrorCode.InvalidDeviceInfo;
            info = raw.ToArray();
        }

        device = new Device(type, info);
        return null;
    }

    private static int Depth(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = Envelope.MaxDepth });
        var deepest = 0;
        while (reader.Read())
        {
            if (reader.TokenType is JsonTokenType.StartArray or JsonTokenType.StartObject) deepest = Math.Max(deepest, reader.CurrentDepth + 1);
        }
        return deepest;
    }
}
