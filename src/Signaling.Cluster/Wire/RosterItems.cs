using Signaling.Actors.Protocol;
using Signaling.Cluster.Rosters;
using static Signaling.Actors.Directory.ReplicaProtocol;

namespace Signaling.Cluster.Wire;

/// <summary>What follows <see cref="ItemKind.Roster"/>. Numbers are never reused; a node skips those that it does not know, which a newer one sent.</summary>
internal enum RosterItemKind : byte
{
    /// <summary>The directory has begun anew: whatever it told before is over, and it knows nothing of others' peers.</summary>
    Started = 1,

    /// <summary>As many <see cref="Signaling.Actors.Directory.ReplicaProtocol.Here"/> as there are.</summary>
    Here = 2,

    /// <summary>As many <see cref="Signaling.Actors.Directory.ReplicaProtocol.Gone"/> as there are.</summary>
    Gone = 3,

    /// <summary>As many <see cref="Signaling.Actors.Directory.ReplicaProtocol.Replaced"/> as there are.</summary>
    Replaced = 4,
}

/// <summary>Writes and reads what directories tell each other.</summary>
internal static class RosterItems
{
    /// <summary>An item is ended at so many bytes, so that others have their turn between two of them; the state that crosses it still belongs to it.</summary>
    private const int ItemBytes = 32_768;

    /// <summary>Writes as many states as are of one kind and have room, from the first on.</summary>
    /// <param name="writer">Of the item.</param>
    /// <param name="states">At least one; those that were written are taken.</param>
    public static void Write(ItemWriter writer, PendingStates states)
    {
        var start = writer.Length;
        var kind = KindOf(states.Next!);
        writer.Write((long)kind);
        for (var state = states.Next; state is not null && KindOf(state) == kind && writer.Length - start < ItemBytes; state = states.Next)
        {
            Write(writer, state);
            states.Take();
        }
    }

    /// <summary>Reads an item.</summary>
    /// <param name="item">It.</param>
    /// <param name="states">What it says; empty where it says nothing that this version knows.</param>
    /// <returns>False where the directory has begun anew.</returns>
    /// <exception cref="FormatException">It cannot be read.</exception>
    public static bool TryRead(ItemReader item, out List<PeerState> states)
    {
        states = [];
        var kind = (RosterItemKind)item.ReadInt();
        if (kind is not (RosterItemKind.Here or RosterItemKind.Gone or RosterItemKind.Replaced)) return kind != RosterItemKind.Started;
        while (!item.IsAtEnd)
        {
            var (peer, epoch) = (item.ReadPeer(), item.ReadEpoch());
            states.Add(kind switch
            {
                RosterItemKind.Here => new Here(peer, epoch, ConnectedAt: item.ReadLong(), Device: new Device(item.ReadText(), item.ReadBytes() is { Length: > 0 } info ? info : Device.Unknown.Info)),
                RosterItemKind.Gone => new Gone(peer, epoch, TimeSpan.FromMilliseconds(item.ReadLong())),
                _ => new Replaced(peer, epoch),
            });
        }
        return true;
    }

    private static RosterItemKind KindOf(PeerState state) => state switch
    {
        Here => RosterItemKind.Here,
        Gone => RosterItemKind.Gone,
        _ => RosterItemKind.Replaced,
    };

    private static void Write(ItemWriter writer, PeerState state)
    {
        writer.Write(state.Peer);
        writer.Write(state.Epoch);
        switch (state)
        {
            case Here here:
                writer.Write(here.ConnectedAt);
                writer.Write(here.Device.Type);
                writer.Write(here.Device.Info.Span.SequenceEqual(Device.Unknown.Info.Span) ? [] : here.Device.Info.Span);
                break;
            case Gone gone:
                writer.Write((long)gone.Grace.TotalMilliseconds);
                break;
        }
    }
}
