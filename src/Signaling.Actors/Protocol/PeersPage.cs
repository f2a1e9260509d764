namespace Signaling.Actors.Protocol;

/// <summary>The part of the list of peers that a <c>get-peers</c> asks for (PROTOCOL, Part 2).</summary>
/// <param name="Limit">Most peers in the answer, 1 to <see cref="MaxLimit"/>.</param>
/// <param name="After">The answer begins behind this id, in the order of their UTF-16 code units; null from the start. It need not be online.</param>
/// <param name="DeviceType">Only peers of this type; null for all.</param>
public sealed record PeersPage(int Limit, PeerId? After, string? DeviceType)
{
    /// <summary>Most peers on a page; a higher limit counts as this.</summary>
    public const int MaxLimit = 1_000;

    /// <summary>All of it, as far as an answer has room.</summary>
    internal static readonly PeersPage Whole = new(int.MaxValue, After: null, DeviceType: null);
}
