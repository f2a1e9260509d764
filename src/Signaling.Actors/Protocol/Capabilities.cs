using System.Text.Json;

namespace Signaling.Actors.Protocol;

/// <summary>What <c>registered</c> tells beyond Part 1 of the protocol: who the node is, what it can do, and what its bounds are.</summary>
/// <param name="Node">Names this run of the node; for logs and support, not for routing.</param>
/// <param name="MaxMessageBytes">Largest message it takes.</param>
/// <param name="MessagesPerSecond">Most messages it takes of a connection over time.</param>
/// <param name="MailboxMessages">Most messages it keeps for a peer that is away.</param>
/// <param name="MailboxTimeToLive">How long it keeps them.</param>
/// <param name="Heartbeat">How often it pings.</param>
internal sealed record Capabilities(string Node, int MaxMessageBytes, int MessagesPerSecond, int MailboxMessages, TimeSpan MailboxTimeToLive, TimeSpan Heartbeat)
{
    private static readonly string[] Features = ["receipts", "acks", "presence", "watch", "pages", "ice-servers", "goaway"];

    /// <summary>Names this connection; new for each.</summary>
    public string SessionId { get; init; } = "";

    /// <summary>Writes the members.</summary>
    public void WriteMembers(Utf8JsonWriter json)
    {
        json.WriteString("node", Node);
        json.WriteString("sessionId", SessionId);
        json.WriteStartArray("features");
        foreach (var feature in Features) json.WriteStringValue(feature);
        json.WriteEndArray();
        json.WriteStartObject("limits");
        json.WriteNumber("maxMessageBytes", MaxMessageBytes);
        json.WriteNumber("messagesPerSecond", MessagesPerSecond);
        json.WriteNumber("mailboxMessages", MailboxMessages);
        json.WriteNumber("mailboxTtlSeconds", (long)MailboxTimeToLive.TotalSeconds);
        json.WriteEndObject();
        json.WriteNumber("heartbeatSeconds", (long)Heartbeat.TotalSeconds);
    }
}
