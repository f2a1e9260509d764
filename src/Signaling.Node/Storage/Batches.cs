using System.Threading.Channels;
using Signaling.Actors.Mailboxes;

namespace Signaling.Node.Storage;

/// <summary>Asks a database for what comes together in one go: what is asked while it answers is the next batch, and what comes alone does not wait.
/// Safe for parallel use.</summary>
/// <remarks>Bounded by those who wait for an answer. Where a batch fails, and not since the database does, each of it is asked for alone: one may be at fault.</remarks>
internal sealed class Batches<TQuestion, TAnswer>
{
    private readonly Channel<Call> _calls = Channel.CreateUnbounded<Call>();
    private readonly Func<IReadOnlyList<TQuestion>, Task<IReadOnlyList<TAnswer>>> _ask;
    private readonly int _most;

    /// <param name="most">Most questions of a batch.</param>
    /// <param name="atOnce">Most batches at a time.</param>
    /// <param name="ask">Answers all of a batch, in its order.</param>
    public Batches(int most, int atOnce, Func<IReadOnlyList<TQuestion>, Task<IReadOnlyList<TAnswer>>> ask)
    {
        (_most, _ask) = (most, ask);
        for (var i = 0; i < atOnce; i++) _ = Task.Run(AnswerAsync);
    }

    public async Task<TAnswer> AskAsync(TQuestion question)
    {
        var call = new Call(question);
        _calls.Writer.TryWrite(call);
        return await call.Answer.Task;
    }

    private async Task AnswerAsync()
    {
        var calls = new List<Call>();
        while (await _calls.Reader.WaitToReadAsync())
        {
            calls.Clear();
            while (calls.Count < _most && _calls.Reader.TryRead(out var call)) calls.Add(call);
            if (calls.Count > 0) await AnswerAsync(calls);
        }
    }

    private async Task AnswerAsync(List<Call> calls)
    {
        try
        {
            var answers = await _ask([.. calls.Select(call => call.Question)]);
            for (var i = 0; i < calls.Count; i++) calls[i].Answer.SetResult(answers[i]);
        }
        catch (Exception failure) when (calls.Count == 1 || failure is MailboxStoreException)
        {
            foreach (var call in calls) call.Answer.SetException(failure);
        }
        catch (Exception)
        {
            foreach (var call in calls) await AnswerAsync([call]);
        }
    }

    private sealed record Call(TQuestion Question)
    {
        public TaskCompletionSource<TAnswer> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
