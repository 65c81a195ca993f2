using System;

namespace Net.Pools
{
    /// <summary>Keeps connections open.</summary>
    [Serializable]
    public class Pool<T> : ITaker where T : class
    {
        private const int Limit = 8;
        private readonly List<T> _free = new();

        public string Name { get; set; }

        public Pool(string name)
        {
            Name = name;
        }

        /// <summary>Takes one.</summary>
        public async Task<T> TakeAsync()
        {
            return _free[0];
        }
    }

    public interface ITaker
    {
        void Take();
    }

    public enum State { Open, Closed }

    public record Options(int Limit);
}
