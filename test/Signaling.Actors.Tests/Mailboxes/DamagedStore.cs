using Signaling.Actors.Mailboxes;
using Signaling.Actors.Protocol;

namespace Signaling.Actors.Tests.Mailboxes;

/// <summary>A store that works, but cannot read what it holds for some peers.</summary>
internal sealed class DamagedStore(params string[] peers) : StoreDouble
{
    /// <summary>Whose mailboxes are damaged.</summary>
    public HashSet<string> Peers { get; } = [.. peers];

    /// <summary>How often one of those was asked for.</summary>
    public int Asked { get; private set; }

    public override ValueTask<OpenedMailbox> OpenAsync(PeerId peer)
    {
        if (!Peers.Contains(peer.Value)) return base.OpenAsync(peer);
        Asked++;
        throw new InvalidDataException("page 7 is damaged");
    }
}
