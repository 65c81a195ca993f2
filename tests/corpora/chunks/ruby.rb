# Connections, kept open.
require 'socket'

module Net
  LIMIT = 8

  # Keeps connections open.
  class Pool < Base
    attr_reader :name

    def initialize(name)
      @name = name
    end

    # Takes one.
    def take(timeout: 3)
      @free.pop
    end

    def self.shared
      @shared ||= new('shared')
    end
  end
end

task :default do
  puts 'hi'
end
