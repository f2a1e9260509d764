using Akka.Actor;
using Signaling.Actors.Mailboxes;
using Signaling.Actors.Protocol;

namespace Signaling.Cluster.Tests.Simulation;

/// <summary>The database that all nodes share: it fences, and answers after a while.</summary>
internal sealed class SharedStore(IScheduler scheduler)
{
    private readonly InMemoryMailboxStore _disk = new();
    private readonly Dictionary<PeerId, long> _owners = [];
    private DateTimeOffset _due;                                    // of the last call
    private int _waiting;

    /// <summary>How long each call takes.</summary>
    public TimeSpan Latency { get; set; }

    /// <summary>Writes that came too late.</summary>
    public int Fenced { get; private set; }

    public MailboxTotals Totals => _disk.Totals;

    public long GenerationOf(PeerId peer) => _owners[peer];

    /// <summary>One node's way to it.</summary>
    internal sealed class Client(SharedStore store) : IMailboxStore
    {
        /// <summary>While this is above 0, every call fails.</summary>
        public int Failing { get; set; }

        /// <summary>Nothing that its node does arrives, and nothing is answered.</summary>
        public bool IsDead { get; set; }

        public MailboxTotals Totals => store.Totals;

        public ValueTask<OpenedMailbox> OpenAsync(PeerId peer) => Call(async () =>
        {
            var opened = await store._disk.OpenAsync(peer).ConfigureAwait(false);
            store._owners[peer] = opened.Generation;
            return opened;
        });

        public ValueTask<long> NextGenerationAsync(MailboxOwner owner) => Owned(owner, () => store._disk.NextGenerationAsync(owner));

        public async ValueTask AppendAsync(MailboxOwner owner, IReadOnlyList<StoredMessage> messages) => await Owned(owner, async () =>
        {
            await store._disk.AppendAsync(owner, messages).ConfigureAwait(false);
            return 0;
        }).ConfigureAwait(false);

        public async ValueTask RemoveAsync(MailboxOwner owner, IReadOnlyList<long> seqs) => await Owned(owner, async () =>
        {
            await store._disk.RemoveAsync(owner, seqs).ConfigureAwait(false);
            return 0;
        }).ConfigureAwait(false);

        public void Close(MailboxOwner owner)
        {
        }

        public ValueTask<int> RemoveAcceptedUpToAsync(DateTimeOffset time) => Call(() => store._disk.RemoveAcceptedUpToAsync(time));

        private ValueTask<T> Owned<T>(MailboxOwner owner, Func<ValueTask<T>> call) => Call(() =>
        {
            if (store._owners.GetValueOrDefault(owner.Peer) == owner.Generation) return call();
            store.Fenced++;
            throw new MailboxFencedException();
        });

        /// <summary>It takes effect with its answer; calls of all nodes in the order they were made.</summary>
        private async ValueTask<T> Call<T>(Func<ValueTask<T>> call)
        {
            if (store.Latency > TimeSpan.Zero || store._waiting > 0) await store.Wait().ConfigureAwait(false);
            if (IsDead) await new TaskCompletionSource().Task.ConfigureAwait(false);
            return Failing > 0 ? throw new IOException("database away") : await call().ConfigureAwait(false);
        }
    }

    private Task Wait()
    {
        var (done, now) = (new TaskCompletionSource(), scheduler.Now);
        if (now + Latency > _due) _due = now + Latency;
        _waiting++;
        scheduler.Advanced.ScheduleOnce(_due - now, () =>
        {
            _waiting--;
            var context = SynchronizationContext.Current;
            SynchronizationContext.SetSynchronizationContext(null); // with xunit's own, who waits would go on on another thread
            done.SetResult();
            SynchronizationContext.SetSynchronizationContext(context);
        });
        return done.Task;
    }
}
