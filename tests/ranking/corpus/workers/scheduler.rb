# Starts jobs at times given like crontab: minute, hour, day.
class Scheduler
  Entry = Struct.new(:minute, :hour, :day, :job)

  def initialize
    @entries = []
  end

  def every(minute: nil, hour: nil, day: nil, &job)
    @entries << Entry.new(minute, hour, day, job)
  end

  def tick(now)
    @entries.each do |entry|
      next if entry.minute && entry.minute != now.min
      next if entry.hour && entry.hour != now.hour
      next if entry.day && entry.day != now.day
      entry.job.call
    end
  end
end
