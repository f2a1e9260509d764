using System.Collections.Concurrent;
using Npgsql;
using Signaling.Actors.Mailboxes;

namespace Signaling.Node.Storage.Postgres;

/// <content>What it does every few seconds: it is seen, sees what the others have added up to, and removes the rows of mailboxes that were closed and of nodes that are gone.</content>
internal sealed partial class PostgresMailboxDatabase
{
    private static readonly TimeSpan HousekeepingInterval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan FarewellTimeout = TimeSpan.FromSeconds(5);

    /// <summary>Mailboxes that were closed and wait for it; the rows of more stay until the node is gone.</summary>
    private const int MaxClosed = 100_000;
    private const long MostPerStep = 1_000;

    private readonly ConcurrentQueue<MailboxOwner> _closed = [];
    private readonly CancellationTokenSource _end = new();
    private Task _housekeeping = Task.CompletedTask;

    /// <inheritdoc/>
    public void Close(MailboxOwner owner)
    {
        if (_closed.Count < MaxClosed) _closed.Enqueue(owner);
    }

    /// <summary>Says good-bye, so that what it owns need not wait until it has not been seen for a day.</summary>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        if (_node == 0) return;                                     // it has not started
        try
        {
            await _housekeeping.WaitAsync(FarewellTimeout);
            await ExecuteAsync(_sql.LeaveNode, [_node]).WaitAsync(FarewellTimeout);
        }
        catch (Exception failure) when (failure is MailboxStoreException or TimeoutException or InvalidDataException or PostgresException)
        {
            // The others see for themselves that it is gone.
        }
    }

    /// <inheritdoc/>
    public Task SayMemberAsync() => ExecuteAsync(_sql.SayMember, [_node]);

    /// <inheritdoc/>
    public async Task<bool> SeesMembersAsync() => await ExecuteAsync(_sql.SeesMembers, [_node]) is true;

    internal async Task KeepHouseOnceAsync()
    {
        await ExecuteAsync(_sql.SeeNode, [_node]);
        await RemoveClosedAsync();
        while (await ExecuteAsync(_sql.RemoveOwnersOfGone, [MostPerStep]) is MostPerStep)
        {
            // on to the next step
        }
        await ExecuteAsync(_sql.RemoveGone, []);
        await LookAtOthersAsync();
    }

    private async Task KeepHouseAsync()
    {
        using var timer = new PeriodicTimer(HousekeepingInterval, _time);
        while (!_end.IsCancellationRequested)
        {
            try
            {
                if (!await timer.WaitForNextTickAsync(_end.Token)) return;
                await KeepHouseOnceAsync();
            }
            catch (Exception)
            {
                // Whoever uses the store is told why; this is tried again until the end.
            }
        }
    }

    private async Task RemoveClosedAsync()
    {
        var step = new List<MailboxOwner>();
        do
        {
            step.Clear();
            while (step.Count < MostPerStep && _closed.TryDequeue(out var owner)) step.Add(owner);
            if (step.Count == 0) return;
            try
            {
                await ExecuteAsync(_sql.Close, [step.ToArray(owner => owner.Peer.Value), step.ToArray(owner => owner.Generation)]);
            }
            catch
            {
                step.ForEach(Close);
                throw;
            }
        }
        while (step.Count == MostPerStep);
    }

    private async Task LookAtOthersAsync() => _totals.SetOthers(await _pool.DoAsync(async connection =>
    {
        await using var batch = connection.CreateBatch();
        batch.Add(_sql.SumOthers, [_node]);
        await using var reader = await batch.ExecuteReaderAsync();
        await reader.ReadAsync();
        return new MailboxTotals(reader.GetInt64(0), reader.GetInt64(1));
    }));

    /// <returns>What it answers first.</returns>
    private Task<object?> ExecuteAsync(string sql, object[] values) => _pool.DoAsync(async connection =>
    {
        await using var batch = connection.CreateBatch();
        batch.Add(sql, values);
        return await batch.ExecuteScalarAsync();
    });
}
