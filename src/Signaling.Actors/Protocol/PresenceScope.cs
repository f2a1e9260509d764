using System.Text.Json;

namespace Signaling.Actors.Protocol;

/// <summary>Of whom a connection is told that they come and go (PROTOCOL, Part 2); the last <c>register</c> of a connection counts.</summary>
internal enum PresenceScope
{
    /// <summary>The client named none: <see cref="All"/> while the node has few peers, <see cref="Related"/> beyond.</summary>
    Unnamed,

    /// <summary>Of everybody.</summary>
    All,

    /// <summary>Of those it has exchanged messages with, asked about or watches.</summary>
    Related,

    /// <summary>Of those it watches.</summary>
    Watched,

    /// <summary>Of nobody.</summary>
    None,
}

/// <summary>The spelling of each <see cref="PresenceScope"/>.</summary>
internal static class PresenceScopes
{
    /// <summary>Reads <c>register</c>'s <c>presence</c>; null counts as absent.</summary>
    /// <returns>False where it is something else than the name of a scope.</returns>
    public static bool TryRead(in Envelope register, out PresenceScope scope)
    {
        scope = PresenceScope.Unnamed;
        var member = register[EnvelopeKey.Presence];
        if (member.Token is JsonTokenType.None or JsonTokenType.Null) return true;
        if (!register.TryGetString(member, maxChars: 16, out var text)) return false;
        scope = text switch
        {
            "all" => PresenceScope.All,
            "related" => PresenceScope.Related,
            "watched" => PresenceScope.Watched,
            "none" => PresenceScope.None,
            _ => PresenceScope.Unnamed,
        };
        return scope != PresenceScope.Unnamed;
    }
}
