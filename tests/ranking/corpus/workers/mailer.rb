require "net/smtp"

# Sends mails to customers: order confirmations, lost parcels.
class Mailer
  def initialize(host)
    @host = host
  end

  def deliver(to, subject, body)
    Net::SMTP.start(@host) do |smtp|
      smtp.send_message("Subject: #{subject}\n\n#{body}", "shop@example.org", to)
    end
  end
end
