using Akka.Actor;
using Signaling.Actors.Protocol;
using static Signaling.Actors.Messages.DirectoryProtocol;

namespace Signaling.Actors.Directory;

/// <summary>Answers <c>get-peers</c>. The whole list is written at most once for each burst of changes: who asks while many come and go waits for
/// the next one, which is as new as its answer.</summary>
internal sealed class PeersLists(Roster roster, TimeProvider time)
{
    /// <summary>Writing a peer's entry costs some 100 ns; so much of the directory's time may lists take: a fiftieth.</summary>
    private static readonly TimeSpan RestPerPeer = TimeSpan.FromMicroseconds(5);

    private readonly List<(IActorRef Asking, IReadOnlyCollection<PeerId> Ids)> _waiting = [];
    private PeersList? _list;
    private long _writtenAt;

    private long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Answers at once, or with <see cref="AnswerWaiting"/>.</summary>
    /// <returns>When that is to be called; zero where nobody waits, or somebody has waited before.</returns>
    public TimeSpan Ask(IActorRef asking, ListPeers question)
    {
        if (question.Page is not null || question.Reach is not null) // a whole list of some is no list of all, but a page without an end
        {
            var (entries, next, total) = roster.Page(question.Page ?? PeersPage.Whole, question.Except, question.Reach);
            asking.Tell(new Answer(FrameWriter.PeersPage(entries, total, next, Now)));
            return TimeSpan.Zero;
        }
        var rest = IsCurrent ? TimeSpan.Zero : (roster.Count * RestPerPeer) - time.GetElapsedTime(_writtenAt);
        if (_waiting.Count == 0 && rest < TimeSpan.FromMilliseconds(1))
        {
            asking.Tell(Current().AnswerTo(question.Except));
            return TimeSpan.Zero;
        }
        _waiting.Add((asking, question.Except));
        return _waiting.Count == 1 ? rest : TimeSpan.Zero;
    }

    /// <summary>Answers those who wait.</summary>
    public void AnswerWaiting()
    {
        foreach (var (asking, ids) in _waiting) asking.Tell(Current().AnswerTo(ids));
        _waiting.Clear();
    }

    private bool IsCurrent => _list?.Version == roster.Version;

    private PeersList Current()
    {
        if (IsCurrent) return _list!;
        _writtenAt = time.GetTimestamp();
        return _list = new PeersList(roster, Now);
    }
}
