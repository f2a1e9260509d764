using System.ComponentModel.DataAnnotations;
using System.Text.RegularExpressions;

namespace Signaling.Actors.Turn;

/// <summary>The STUN and TURN servers that clients are sent to, and the secret that the TURN servers share with this node.</summary>
public sealed partial class TurnOptions : IValidatableObject
{
    /// <summary>Such as <c>turn:turn.example.org:3478</c> (RFC 7065) or <c>stun:stun.example.org:3478</c> (RFC 7064); empty for none.</summary>
    public IList<string> Urls { get; set; } = [];

    /// <summary>coturn's <c>static-auth-secret</c>; <c>turn:</c> and <c>turns:</c> need it. A secret.</summary>
    public string Secret { get; set; } = "";

    /// <summary>How long a credential is valid.</summary>
    /// <value>1 min to 1 day, default 1 h. Then the server refuses new allocations with it.</value>
    [Range(typeof(TimeSpan), "00:01:00", "1.00:00:00")] public TimeSpan TimeToLive { get; set; } = TimeSpan.FromHours(1);

    /// <summary>What browsers would refuse of all clients, and what no TURN server would take.</summary>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var url in Urls.Where(url => !IceUrl().IsMatch(url)))
            yield return new ValidationResult($"Signaling:Turn:Urls: '{url}' is no URL such as stun:stun.example.org:3478 or turns:turn.example.org:5349?transport=tcp");
        if (Secret.Length == 0 && Urls.Any(NeedsCredential)) yield return new ValidationResult("Signaling:Turn:Secret: TURN servers need the secret they share with this node");
    }

    internal static bool NeedsCredential(string url) => url.StartsWith("turn", StringComparison.Ordinal);

    [GeneratedRegex(@"^(stuns?:[^/?@\s]+|turns?:[^/?@\s]+(\?transport=(udp|tcp))?)\z")]
    private static partial Regex IceUrl();
}
