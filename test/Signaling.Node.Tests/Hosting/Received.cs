using System.Text.Json;

namespace Signaling.Node.Tests.Hosting;

/// <summary>A message that the node sent.</summary>
public sealed class Received
{
    public Received(string text)
    {
        Text = text;
        using var document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = 200 });
        Json = document.RootElement.Clone();
    }

    /// <summary>To the letter.</summary>
    public string Text { get; }

    public JsonElement Json { get; }

    public string Type => Value("type");

    /// <summary>The names of its members, in order.</summary>
    public string[] Members => [.. Json.EnumerateObject().Select(member => member.Name)];

    public string Value(string member) => Json.GetProperty(member).GetString()!;

    public long Number(string member) => Json.GetProperty(member).GetInt64();

    /// <summary>A member's value as it is spelled.</summary>
    public string Raw(string member) => Json.GetProperty(member).GetRawText();

    /// <summary>A member that holds a message.</summary>
    public Received Inner(string member) => new(Raw(member));

    /// <summary>What a peer sent, whether it came directly or as <c>offline-message</c>.</summary>
    public Received Relayed => Type == "offline-message" ? Inner("originalMessage") : this;

    public override string ToString() => Text.Length <= 300 ? Text : Text[..300] + "…";
}

/// <summary>How a connection ended.</summary>
/// <param name="Code">Null where it was cut without a close frame.</param>
/// <param name="Reason">Of the close frame; of a cut connection, what was wrong.</param>
public sealed record Closing(int? Code, string? Reason);
