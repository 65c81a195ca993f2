require "json"

# Jobs wait in the database until a worker takes them; failed ones come back later.
class JobQueue
  def initialize(database)
    @database = database
  end

  def push(kind, payload)
    @database.insert("jobs", kind: kind, payload: JSON.dump(payload), run_at: Time.now.to_f)
  end

  def take
    @database.first("jobs", "run_at <= ?", Time.now.to_f)
  end
end
