using System.Runtime.InteropServices;
using Signaling.Actors.Protocol;

namespace Signaling.Actors.Mailboxes;

/// <summary>How many messages of a line each sender has.</summary>
internal sealed class SenderShares
{
    private readonly Dictionary<PeerId, int> _shares = [];

    public SenderShares(IEnumerable<MailboxItem> items)
    {
        foreach (var item in items) Add(item.From);
    }

    /// <summary>Messages of all senders.</summary>
    public int Count { get; private set; }

    /// <summary>Whichever sender has most.</summary>
    public (PeerId Sender, int Share) Largest
    {
        get
        {
            var (sender, share) = _shares.MaxBy(entry => entry.Value);
            return (sender, share);
        }
    }

    public void Add(PeerId sender)
    {
        CollectionsMarshal.GetValueRefOrAddDefault(_shares, sender, out _)++;
        Count++;
    }

    public void Remove(PeerId sender)
    {
        if (--CollectionsMarshal.GetValueRefOrAddDefault(_shares, sender, out _) == 0) _shares.Remove(sender);
        Count--;
    }
}
