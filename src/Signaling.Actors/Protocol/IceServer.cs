using System.Text.Json.Serialization;

namespace Signaling.Actors.Protocol;

/// <summary>An entry of <c>iceServers</c> as <c>RTCPeerConnection</c> takes it.</summary>
/// <param name="Urls">Of one or more servers.</param>
/// <param name="Username">Null where the servers ask for none, as STUN does not.</param>
/// <param name="Credential">Null likewise.</param>
public sealed record IceServer(
    IReadOnlyList<string> Urls,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Username = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Credential = null);

/// <summary>The servers that one peer may use.</summary>
/// <param name="Servers">Empty where none are configured.</param>
/// <param name="Expiry">When their credentials end, in Unix seconds.</param>
/// <param name="TtlSeconds">How long that is from now.</param>
public sealed record IceServerList(IReadOnlyList<IceServer> Servers, long Expiry, long TtlSeconds);
