using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Signaling.Actors.Tests.Testing;

namespace Signaling.Client.Tests.Testing;

/// <summary>The node's end of a connection.</summary>
internal sealed class ScriptedConnection(WebSocket socket) : IDisposable
{
    private readonly byte[] _buffer = new byte[65_536];

    /// <summary>The client's next message, which must be of this type.</summary>
    public async Task<JsonElement> ReadAsync(string type)
    {
        var part = await socket.ReceiveAsync(_buffer.AsMemory(), CancellationToken.None).Soon();
        Assert.Equal(WebSocketMessageType.Text, part.MessageType);
        var json = JsonDocument.Parse(_buffer.AsMemory(0, part.Count)).RootElement.Clone();
        Assert.Equal(type, json.GetProperty("type").GetString());
        return json;
    }

    public Task SendAsync(string json) => socket.SendAsync(Encoding.UTF8.GetBytes(json), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);

    public Task CloseAsync(int code, string? reason = null) => socket.CloseOutputAsync((WebSocketCloseStatus)code, reason, CancellationToken.None);

    /// <summary>The client went.</summary>
    public async Task IsOverAsync()
    {
        try
        {
            while ((await socket.ReceiveAsync(_buffer.AsMemory(), CancellationToken.None).Soon()).MessageType != WebSocketMessageType.Close)
            {
                // What it said before.
            }
        }
        catch (WebSocketException)
        {
            // without a word
        }
    }

    public void Dispose() => socket.Dispose();
}
