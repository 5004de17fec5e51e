# frozen_string_literal: true

Gem::Specification.new do |spec|
  spec.name = "lacre"
  spec.version = "0.1.0"
  spec.summary = "A client for LACRE1 request signing."
  spec.authors = ["The Lacre authors"]
  spec.license = "MIT"
  spec.files = ["lacre.rb"]
  spec.require_paths = ["."]
  spec.required_ruby_version = ">= 3.0"
end
