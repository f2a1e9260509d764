namespace Signaling.Client.Tests;

public class BackOffSpecs
{
    [Fact]
    public void The_bound_of_a_pause_doubles_until_its_limit_and_begins_anew_after_a_reset()
    {
        var backOff = new BackOff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5), () => 1);

        Assert.Equal([1, 2, 4, 5, 5], Enumerable.Range(0, 5).Select(_ => backOff.Next().TotalSeconds));

        backOff.Reset();
        Assert.Equal(TimeSpan.FromSeconds(1), backOff.Next());
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0.25, 0.5)]
    [InlineData(0.75, 1.5)]
    public void A_pause_is_a_random_part_of_its_bound(double jitter, double seconds)
    {
        var backOff = new BackOff(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(5), () => jitter);

        Assert.Equal(TimeSpan.FromSeconds(seconds), backOff.Next());
    }

    [Fact]
    public void After_a_thousand_attempts_a_pause_is_still_bounded()
    {
        var backOff = new BackOff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5), () => 1);

        Assert.Equal(TimeSpan.FromSeconds(5), backOff.After(10_000));
    }
}
