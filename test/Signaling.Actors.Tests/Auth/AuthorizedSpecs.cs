using System.Text.Json;
using Signaling.Actors.Tests.Testing;

namespace Signaling.Actors.Tests.Auth;

/// <summary>A node that asks who may register which id.</summary>
public abstract class AuthorizedSpecs : NodeSpecs
{
    protected AuthorizedSpecs() => Authorizer = Asked = new ScriptedAuthorizer(Time);

    internal ScriptedAuthorizer Asked { get; }

    internal InMemorySocket RegisterWith(string token, string more = "")
    {
        var socket = Connect();
        socket.Says(Register(token.Split('@')[0], token, more));
        Assert.Equal("registered", socket.Types.First());
        return socket;
    }

    protected static string Register(string peer, string? token, string more = "") =>
        token is null ? $$"""{"type":"register","peerId":"{{peer}}"{{more}}}""" : $$"""{"type":"register","peerId":"{{peer}}","token":"{{token}}"{{more}}}""";

    internal static string? Code(InMemorySocket socket) => Member(socket, "code");

    internal static string? Member(InMemorySocket socket, string name) =>
        JsonDocument.Parse(socket.Received[^1]).RootElement.TryGetProperty(name, out var member) ? member.ToString() : null;

    internal static string[] Listed(string peersList) =>
        [.. JsonDocument.Parse(peersList).RootElement.GetProperty("peers").EnumerateArray().Select(peer => peer.GetProperty("peerId").GetString()!)];
}
