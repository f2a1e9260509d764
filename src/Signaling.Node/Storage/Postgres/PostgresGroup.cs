using System.Runtime.InteropServices;
using Signaling.Actors.Mailboxes;

namespace Signaling.Node.Storage.Postgres;

/// <summary>What a group of writes leaves behind, as two statements can bring it about: first what is removed goes, then what is added comes.</summary>
internal sealed class PostgresGroup
{
    private readonly Dictionary<(string Peer, long Seq), Change> _changes = [];

    public PostgresGroup(IReadOnlyList<MailboxWrite> writes)
    {
        Peers = [.. writes.Select(write => write.Peer.Value).Distinct()];
        foreach (var write in writes)
        {
            switch (write)
            {
                case AppendMessages append:
                    foreach (var message in append.Messages) Of(append.Owner, message.Seq).Added ??= message; // one that is there is not added again
                    break;
                case RemoveMessages remove:
                    foreach (var seq in remove.Seqs)
                    {
                        ref var change = ref Of(remove.Owner, seq);
                        (change.IsRemoved, change.Added) = (true, null);
                    }
                    break;
            }
        }
    }

    /// <summary>Whose mailboxes.</summary>
    public string[] Peers { get; }

    /// <summary>What goes, whoever added it and when.</summary>
    public IReadOnlyList<(MailboxOwner Owner, long Seq)> Removed => [.. _changes.Where(entry => entry.Value.IsRemoved).Select(entry => (entry.Value.Owner, entry.Key.Seq))];

    /// <summary>What is there then, unless it was before.</summary>
    public IReadOnlyList<(MailboxOwner Owner, StoredMessage Message)> Added => [.. _changes.Values.Where(change => change.Added is not null).Select(change => (change.Owner, change.Added!))];

    private ref Change Of(MailboxOwner owner, long seq)
    {
        ref var change = ref CollectionsMarshal.GetValueRefOrAddDefault(_changes, (owner.Peer.Value, seq), out _);
        change.Owner = owner;
        return ref change;
    }

    private struct Change
    {
        public MailboxOwner Owner;
        public bool IsRemoved;
        public StoredMessage? Added;
    }
}
