namespace Signaling.Client;

/// <summary>How the protocol spells what peers send each other.</summary>
internal static class PeerMessageTypes
{
    private static readonly string[] Names = ["message", "offer", "answer", "ice-candidate", "ice-candidates", "pairing:request", "pairing:confirmation", "pairing:reject", "error"];

    public static string NameOf(PeerMessageType type) => Names[(int)type];

    /// <summary>Null where it is something that only the node sends.</summary>
    public static PeerMessageType? TypeOf(string? name) => Array.IndexOf(Names, name) is >= 0 and var index ? (PeerMessageType)index : null;
}
