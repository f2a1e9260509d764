using Signaling.Actors.Limits;
using Signaling.Actors.Tests.Testing;

namespace Signaling.Actors.Tests.Limits;

/// <summary>Never more than the burst and what has come back since; and no less.</summary>
public sealed class RateLimitSpecs
{
    private readonly ManualTime _time = new();
    private long _full;

    [Fact]
    public void A_full_bucket_holds_the_burst_and_then_tokens_come_back_one_by_one()
    {
        var limit = new RateLimit(perSecond: 10, burst: 5, _time);

        Assert.Equal(5, Taken(limit, 8));
        _time.Advance(TimeSpan.FromMilliseconds(99));
        Assert.Equal(0, Taken(limit, 1));
        _time.Advance(TimeSpan.FromMilliseconds(2));
        Assert.Equal(1, Taken(limit, 2));
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(5, Taken(limit, 8));
    }

    [Theory]
    [InlineData(3.0, 1, 1)]
    [InlineData(400.0, 4_000, 1)]
    [InlineData(1_000.0, 65_536, 700)]
    public void After_the_wait_that_it_names_a_token_is_there_and_not_long_before(double perSecond, long burst, long tokens)
    {
        var limit = new RateLimit(perSecond, burst, _time);
        TimeSpan wait;
        while (limit.TryTake(ref _full, tokens, out wait))
        {
            Assert.Equal(TimeSpan.Zero, wait);
        }

        _time.Advance(wait * 0.99);
        Assert.False(limit.TryTake(ref _full, tokens, out _));
        _time.Advance((wait * 0.01) + TimeSpan.FromTicks(20));
        Assert.True(limit.TryTake(ref _full, tokens, out _));
    }

    [Fact]
    public void More_than_the_bucket_holds_is_taken_from_a_full_one_and_paid_off_afterwards()
    {
        var limit = new RateLimit(perSecond: 10, burst: 5, _time);

        Assert.True(limit.TryTake(ref _full, 20, out _));
        Assert.False(limit.TryTake(ref _full, 1, out var wait));

        Assert.Equal(TimeSpan.FromSeconds(1.6), wait);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Whatever_comes_when_no_more_is_granted_than_the_burst_and_the_rate(int seed)
    {
        var random = new Random(seed);
        var limit = new RateLimit(perSecond: 50, burst: 20, _time);
        var (granted, passed) = (0L, TimeSpan.Zero);

        for (var i = 0; i < 10_000; i++)
        {
            var tokens = random.Next(1, 5);
            if (limit.TryTake(ref _full, tokens, out _)) granted += tokens;
            Assert.InRange(granted, 0, 20 + (long)(passed.TotalSeconds * 50) + 1);
            var pause = TimeSpan.FromMilliseconds(random.Next(0, 60));
            _time.Advance(pause);
            passed += pause;
        }

        Assert.InRange(granted, (long)(passed.TotalSeconds * 50 * 0.95), long.MaxValue);
    }

    [Fact]
    public void However_many_take_at_once_no_more_is_granted_than_there_is()
    {
        var limit = new RateLimit(perSecond: 10, burst: 10_000, _time);
        var granted = 0;

        Parallel.For(0, 40_000, _ =>
        {
            if (limit.TryTake(ref _full, 1, out var _)) Interlocked.Increment(ref granted);
        });

        Assert.Equal(10_000, granted);
    }

    [Fact]
    public void What_is_given_back_can_be_taken_again()
    {
        var limit = new RateLimit(perSecond: 10, burst: 5, _time);
        Assert.Equal(5, Taken(limit, 6));

        limit.GiveBack(ref _full, 2);

        Assert.Equal(2, Taken(limit, 3));
    }

    private int Taken(RateLimit limit, int times) => Enumerable.Range(0, times).Count(_ => limit.TryTake(ref _full, 1, out var _));
}
