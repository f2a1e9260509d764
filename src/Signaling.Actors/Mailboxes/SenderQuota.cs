using System.Collections.Concurrent;
using Signaling.Actors.Protocol;

namespace Signaling.Actors.Mailboxes;

/// <summary>How many mailboxes each sender may begin to fill in a minute: ids that never existed cost a stranger nothing, and the node memory and disk
/// (20,000 of them with 5 KB each took 140 MB of the original server for a day). Safe for parallel use.</summary>
internal sealed class SenderQuota(int perMinute, TimeProvider time)
{
    private ConcurrentDictionary<PeerId, int> _opened = new();
    private long _minute;

    /// <summary>A sender begins to fill a mailbox.</summary>
    /// <returns>False where it has begun enough of them in this minute.</returns>
    public bool TryOpen(PeerId sender)
    {
        var minute = time.GetUtcNow().ToUnixTimeSeconds() / 60;
        if (Interlocked.Exchange(ref _minute, minute) != minute) Interlocked.Exchange(ref _opened, new ConcurrentDictionary<PeerId, int>());
        return _opened.AddOrUpdate(sender, 1, static (_, count) => count + 1) <= perMinute;
    }
}
