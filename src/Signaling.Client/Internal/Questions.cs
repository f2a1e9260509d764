using System.Text.Json;

namespace Signaling.Client;

/// <summary>Asks one question after the other. No I/O; the caller locks.</summary>
internal sealed class Questions(TimeProvider time)
{
    private readonly LinkedList<Question> _line = new();            // the first one is being asked
    private long _heldUntil = long.MinValue;

    /// <summary>When a question that was refused for a while may be asked again; null where none was.</summary>
    public TimeSpan? NextDue => _line.Count > 0 && time.GetTimestamp() is var now && now < _heldUntil ? time.GetElapsedTime(now, _heldUntil) : null;

    public void Add(Question question) => _line.AddLast(question);

    /// <summary>Before all others: what a new connection has to know first.</summary>
    public void AddFirst(Question question) => _line.AddFirst(question);

    /// <summary>A new connection: what was asked is not answered any more.</summary>
    public void AskAgain()
    {
        if (_line.First?.Value is { } first) first.IsSent = false;
    }

    public byte[]? TakeDue()
    {
        if (time.GetTimestamp() < _heldUntil) return null;
        while (_line.First?.Value is { IsSettled: true, IsSent: false }) _line.RemoveFirst(); // cancelled
        if (_line.First?.Value is not { IsSent: false } question) return null;
        question.IsSent = true;
        return question.Frame;
    }

    public void Answer(string type, JsonElement json)
    {
        if (_line.First?.Value is { IsSent: true } asked && asked.TryAnswer(type, json)) _line.RemoveFirst();
    }

    public void Refuse(string id, SignalingException refusal)
    {
        if (_line.First?.Value is not { IsSent: true } asked || asked.Id != id) return;
        if (refusal is { Code: "rate-limited", RetryAfter: { } pause })
        {
            _heldUntil = time.GetTimestamp() + (long)(pause.TotalSeconds * time.TimestampFrequency);
            asked.IsSent = false;
            return;
        }
        _line.RemoveFirst();
        asked.Fail(refusal);
    }

    public void Fail(Exception cause)
    {
        foreach (var question in _line) question.Fail(cause);
        _line.Clear();
    }
}
